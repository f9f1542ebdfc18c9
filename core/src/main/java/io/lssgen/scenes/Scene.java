package io.lssgen.scenes;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * The exact description of a picture: everything that can be seen in it and where.
 *
 * @param kind what it shows
 * @param objects the objects with their places; none overlaps another
 * @param background canonical name of the background colour
 * @param style the artwork it is drawn with
 */
public record Scene(
    SceneKind kind, List<PlacedObject> objects, String background, EmojiStyle style) {

  /** Checks that kind and objects fit together and that no objects overlap. */
  public Scene {
    requireNonNull(kind, "kind is null");
    requireNonNull(background, "background is null");
    requireNonNull(style, "style is null");
    objects = List.copyOf(objects);
    if (!fits(kind, objects)) {
      throw new IllegalArgumentException("not a scene of kind " + kind + ": " + objects);
    }
    for (int i = 0; i < objects.size(); i++) {
      for (int j = 0; j < i; j++) {
        if (objects.get(i).overlaps(objects.get(j))) {
          throw new IllegalArgumentException(
              "objects overlap: " + objects.get(i) + " and " + objects.get(j));
        }
      }
    }
  }

  private static boolean fits(SceneKind kind, List<PlacedObject> objects) {
    List<String> ids = objects.stream().map(PlacedObject::object).toList();
    long kinds = ids.stream().distinct().count();
    return switch (kind) {
      case SINGLE -> ids.size() == 1;
      case PAIR -> ids.size() == 2 && kinds == 2;
      case COUNT -> ids.size() >= 2 && ids.size() <= 4 && kinds == 1;
      case GROUP -> ids.size() == 3 && kinds == 2 && ids.get(0).equals(ids.get(1));
    };
  }

  /** The size class of a {@link SceneKind#SINGLE} scene's object. */
  public SceneSize size() {
    if (kind != SceneKind.SINGLE) {
      throw new IllegalStateException("only a scene of one object has a size, this is " + kind);
    }
    return SceneSize.of(objects.get(0).size());
  }
}
