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
    long[] things = new long[rows * columns];
    for (int i = 0; i < things.length; i++) {
      double x = (i % columns + 0.5) / columns;
      double y = (i / columns + 0.5) / rows;
      for (PlacedObject each : scene.objects()) {
        if (each.covers(x, y)) {
          things[i] = requireNonNull(numbers.get(each.object()), "an object of the vocabulary");
        }
      }
    }
    return things;
  }
}
