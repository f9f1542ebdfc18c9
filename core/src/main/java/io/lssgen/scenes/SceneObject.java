package io.lssgen.scenes;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One kind of thing that a scene can show: an icon, or a shape in a colour.
 *
 * @param id unique; a shape's is {@code "red circle"}
 * @param names how captions call it, the canonical one first; at least one
 * @param lostOn names of the background colours that it is not shown on, for it could hardly be
 *     seen
 * @param icons icon names by style, or null for a shape
 * @param shape shape and colour, or null for an icon
 */
public record SceneObject(
    String id,
    List<Name> names,
    Set<String> lostOn,
    @Nullable Icons icons,
    @Nullable ColoredShape shape) {

  /** Names of the icon in each style's set. */
  public record Icons(String noto, String flat) {
    /** The icon's name in the set of this style. */
    public String in(EmojiStyle style) {
      return switch (style) {
        case NOTO -> noto;
        case FLAT -> flat;
      };
    }
  }

  /**
   * A shape in a colour.
   *
   * @param shape id of the shape, for instance {@code "circle"}
   * @param color name of the colour
   * @param rgb its value, {@code 0xRRGGBB}
   */
  public record ColoredShape(String shape, String color, int rgb) {}

  /**
   * A name in captions.
   *
   * @param article "a" or "an"
   * @param singular without its article
   * @param plural of the same words
   */
  public record Name(String article, String singular, String plural) {
    /** The singular after its article: "an owl". */
    public String withArticle() {
      return article + " " + singular;
    }
  }

  /** Checks that there is a name and exactly one way to draw it. */
  public SceneObject {
    requireNonNull(id, "id is null");
    names = List.copyOf(names);
    lostOn = Set.copyOf(lostOn);
    if (names.isEmpty()) {
      throw new IllegalArgumentException("object \"" + id + "\" has no name");
    }
    if ((icons == null) == (shape == null)) {
      throw new IllegalArgumentException("object \"" + id + "\" must be an icon or a shape");
    }
  }

  /** The first name. */
  public Name canonicalName() {
    return names.get(0);
  }

  /** Whether this is a coloured shape rather than an icon. */
  public boolean isShape() {
    return shape != null;
  }
}
