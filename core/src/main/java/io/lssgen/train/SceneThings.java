package io.lssgen.train;

import static java.util.Objects.requireNonNull;

import io.lssgen.scenes.PlacedObject;
import io.lssgen.scenes.Scene;
import io.lssgen.scenes.SceneObject;
import io.lssgen.scenes.SceneVocabulary;
import java.util.HashMap;
import java.util.Map;

/** Numbers for what scenes show: 0 is nothing, objects follow in their vocabulary's order. */
final class SceneThings {
  private final Map<String, Long> numbers = new HashMap<>();

  SceneThings(SceneVocabulary vocabulary) {
    for (SceneObject each : vocabulary.objects()) {
      numbers.put(each.id(), numbers.size() + 1L);
    }
  }

  /** How many there are, nothing among them. */
  int count() {
    return numbers.size() + 1;
  }

  /** What the middle of each of {@code rows} × {@code columns} cells lies on, row by row. */
  long[] of(Scene scene, int rows, int columns) {
    return each(
        scene,
        rows,
        columns,
        (object, x, y) ->
            requireNonNull(numbers.get(object.object()), "an object of the vocabulary"));
  }

  /** Which part of it that is, see {@link CaptionedImages#parts}. */
  static long[] parts(Scene scene, int rows, int columns) {
    return each(
        scene,
        rows,
        columns,
        (object, x, y) -> {
          long row = part((y - object.y()) / object.size() + 0.5);
          return 1
              + row * CaptionedImages.PARTS_A_SIDE
              + part((x - object.x()) / object.size() + 0.5);
        });
  }

  /** Of a place along a side, from 0 to 1. */
  private static long part(double along) {
    int last = CaptionedImages.PARTS_A_SIDE - 1;
    return Math.max(0, Math.min(last, (long) (along * CaptionedImages.PARTS_A_SIDE)));
  }

  /** What there is to say of an object at a place in it. */
  private interface Fact {
    long of(PlacedObject object, double x, double y);
  }

  private static long[] each(Scene scene, int rows, int columns, Fact fact) {
    long[] told = new long[rows * columns];
    for (int i = 0; i < told.length; i++) {
      double x = (i % columns + 0.5) / columns;
      double y = (i / columns + 0.5) / rows;
      for (PlacedObject object : scene.objects()) {
        if (object.covers(x, y)) {
          told[i] = fact.of(object, x, y);
        }
      }
    }
    return told;
  }
}
