package io.lssgen.scenes;

import io.lssgen.errors.LssGenException;
import io.lssgen.scenes.SceneObject.ColoredShape;
import io.lssgen.scenes.SceneObject.Icons;
import io.lssgen.scenes.SceneObject.Name;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything scenes are made of: about 128 things with their icons and names, five shapes in eight
 * colours, and the background colours. Read from the tables {@code objects.txt}, {@code shapes.txt}
 * and {@code colors.txt} beside this class.
 */
public final class SceneVocabulary {
  private final Map<String, SceneObject> objects;
  private final Map<String, BackgroundColor> backgrounds;

  private SceneVocabulary(
      Map<String, SceneObject> objects, Map<String, BackgroundColor> backgrounds) {
    this.objects = objects;
    this.backgrounds = backgrounds;
  }

  /** The vocabulary of the default model. */
  public static SceneVocabulary standard() {
    Map<String, BackgroundColor> backgrounds = new LinkedHashMap<>();
    Map<String, SceneObject> objects = new LinkedHashMap<>();
    List<List<String>> colors = VocabularyTable.rows("colors.txt", 4);
    for (List<String> row : colors) {
      if (!row.get(1).isEmpty()) {
        backgrounds.put(
            row.get(0), new BackgroundColor(row.get(0), rgb(row.get(1)), colorNames(row)));
      }
    }
    for (List<String> row : VocabularyTable.rows("objects.txt", 5)) {
      add(objects, icon(row, backgrounds.keySet()));
    }
    for (List<String> shape : VocabularyTable.rows("shapes.txt", 2)) {
      for (List<String> color : colors) {
        if (!color.get(2).isEmpty()) {
          add(objects, shape(shape, color));
        }
      }
    }
    return new SceneVocabulary(objects, backgrounds);
  }

  /**
   * The same vocabulary without the icons that are not named: for tests and trials with little
   * artwork. Shapes and backgrounds stay.
   *
   * @throws LssGenException if one of the ids does not exist
   */
  public SceneVocabulary withIconsOnly(Set<String> ids) {
    ids.forEach(this::object);
    Map<String, SceneObject> kept = new LinkedHashMap<>(objects);
    kept.values().removeIf(object -> !object.isShape() && !ids.contains(object.id()));
    return new SceneVocabulary(kept, backgrounds);
  }

  private static void add(Map<String, SceneObject> objects, SceneObject object) {
    if (objects.put(object.id(), object) != null) {
      throw new LssGenException("scene vocabulary: \"" + object.id() + "\" is there twice");
    }
  }

  private static SceneObject icon(List<String> row, Set<String> backgrounds) {
    String id = row.get(0);
    String noto = row.get(1).isEmpty() ? id : row.get(1);
    String flat = row.get(2).isEmpty() ? noto : row.get(2);
    List<Name> names = new ArrayList<>();
    for (String name : VocabularyTable.list(row.get(3), ";")) {
      int space = name.indexOf(' ');
      int slash = name.indexOf('/');
      if (space < 0 || slash < space) {
        throw new LssGenException(
            "objects.txt: \"" + id + "\": wanted \"a thing/things\", found \"" + name + "\"");
      }
      names.add(
          new Name(
              name.substring(0, space),
              name.substring(space + 1, slash),
              name.substring(slash + 1)));
    }
    Set<String> lostOn = new LinkedHashSet<>(VocabularyTable.list(row.get(4), " "));
    if (!backgrounds.containsAll(lostOn)) {
      throw new LssGenException("objects.txt: \"" + id + "\": unknown background in " + lostOn);
    }
    return new SceneObject(id, names, lostOn, new Icons(noto, flat), null);
  }

  private static SceneObject shape(List<String> shape, List<String> color) {
    String colorName = color.get(0);
    List<Name> names = new ArrayList<>();
    for (String name : VocabularyTable.list(shape.get(1), ";")) {
      String[] forms = name.split("/");
      for (String called : colorNames(color)) {
        names.add(new Name(article(called), called + " " + forms[0], called + " " + forms[1]));
      }
    }
    return new SceneObject(
        colorName + " " + shape.get(0),
        names,
        Set.of(colorName), // a red star on red is a riddle
        null,
        new ColoredShape(shape.get(0), colorName, rgb(color.get(2))));
  }

  /** The article before a colour's name. */
  static String article(String color) {
    return "aeio".indexOf(color.charAt(0)) < 0 ? "a" : "an";
  }

  private static List<String> colorNames(List<String> row) {
    List<String> names = new ArrayList<>();
    names.add(row.get(0));
    names.addAll(VocabularyTable.list(row.get(3), ";"));
    return names;
  }

  private static int rgb(String hex) {
    return Integer.parseInt(hex, 16);
  }

  /** All objects, icons first, in the tables' order. */
  public List<SceneObject> objects() {
    return List.copyOf(objects.values());
  }

  /** All background colours, white first. */
  public List<BackgroundColor> backgrounds() {
    return List.copyOf(backgrounds.values());
  }

  /** The object of this id; an id that does not exist is an error. */
  public SceneObject object(String id) {
    SceneObject object = objects.get(id);
    if (object == null) {
      throw new LssGenException("scene vocabulary: no object \"" + id + "\"");
    }
    return object;
  }

  /** The background colour of this canonical name; one that does not exist is an error. */
  public BackgroundColor background(String name) {
    BackgroundColor background = backgrounds.get(name);
    if (background == null) {
      throw new LssGenException(
          "scene vocabulary: no background \"" + name + "\"; there are " + backgrounds.keySet());
    }
    return background;
  }
}
