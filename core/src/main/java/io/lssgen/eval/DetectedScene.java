package io.lssgen.eval;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the detector sees in a picture.
 *
 * @param objects the most confident first; also those it is unsure of
 * @param background name of the background's colour; null if the detector is not sure
 */
public record DetectedScene(List<Detection> objects, @Nullable String background) {
  /** Copies the list. */
  public DetectedScene {
    objects = List.copyOf(objects);
  }
}
