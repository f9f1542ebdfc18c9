package io.lssgen.cli;

import io.lssgen.image.ImageFiles;
import io.lssgen.image.RgbImage;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Whether a picture that was made again has the same pixels.
 *
 * @param original the picture's file
 * @param differing how many colour values differ, of {@code values}; all, if sizes do
 * @param largest difference of a value, of 255
 * @param changes what else is different now: lines of the environment
 */
record Verification(Path original, long differing, long values, int largest, List<String> changes) {

  /**
   * @param original that was repeated
   * @param first its pixels, since its file may have been replaced
   * @param repeated what came of it
   * @param changes what else is different now
   */
  static Verification of(Path original, RgbImage first, Path repeated, List<String> changes) {
    RgbImage second = ImageFiles.read(repeated);
    byte[] wanted = first.rgb();
    byte[] found = second.rgb();
    if (first.width() != second.width() || first.height() != second.height()) {
      return new Verification(original, wanted.length, wanted.length, 255, changes);
    }
    long differing = 0;
    int largest = 0;
    for (int i = 0; i < wanted.length; i++) {
      int difference = Math.abs((wanted[i] & 0xff) - (found[i] & 0xff));
      differing += difference > 0 ? 1 : 0;
      largest = Math.max(largest, difference);
    }
    return new Verification(original, differing, wanted.length, largest, changes);
  }

  boolean same() {
    return differing == 0;
  }

  /** For a person, with a line break. */
  String line() {
    if (same()) {
      return "verified: the same pixels as %s%n".formatted(original);
    }
    String text =
        String.format(
            Locale.ROOT,
            "not verified: %,d of %,d values differ from %s, by up to %d of 255%n",
            differing,
            values,
            original,
            largest);
    return changes.isEmpty()
        ? text
        : text + "  since then: %s%n".formatted(String.join("; ", changes));
  }

  /** For programs. */
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("original", original.toString());
    fields.put("same", same());
    fields.put("differing_values", differing);
    fields.put("values", values);
    fields.put("largest_difference", largest);
    fields.put("changes", changes);
    return fields;
  }
}
