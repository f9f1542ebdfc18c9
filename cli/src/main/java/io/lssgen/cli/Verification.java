package io.lssgen.cli;

import io.lssgen.image.ImageFiles;
import io.lssgen.image.ImageSize;
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
 * @param size its size
 * @param found the size of what was made
 * @param differing how many colour values differ; 0 if the sizes do
 * @param largest difference of a value, of 255
 * @param changes what else is different now, a sentence each
 */
record Verification(
    Path original,
    ImageSize size,
    ImageSize found,
    long differing,
    int largest,
    List<String> changes) {

  /**
   * @param original that was repeated
   * @param first its pixels, since its file may have been replaced
   * @param repeated what came of it
   * @param changes what else is different now
   */
  static Verification of(Path original, RgbImage first, Path repeated, List<String> changes) {
    RgbImage second = ImageFiles.read(repeated);
    ImageSize size = ImageSize.of(first);
    ImageSize found = ImageSize.of(second);
    long differing = 0;
    int largest = 0;
    if (size.equals(found)) {
      byte[] then = first.rgb();
      byte[] now = second.rgb();
      for (int i = 0; i < then.length; i++) {
        int difference = Math.abs((then[i] & 0xff) - (now[i] & 0xff));
        differing += difference > 0 ? 1 : 0;
        largest = Math.max(largest, difference);
      }
    }
    return new Verification(original, size, found, differing, largest, changes);
  }

  boolean same() {
    return size.equals(found) && differing == 0;
  }

  /** For a person, with a line break. */
  String line() {
    if (same()) {
      return "verified: the same pixels as %s%n".formatted(original);
    }
    String text =
        size.equals(found)
            ? String.format(
                Locale.ROOT,
                "not verified: %,d of %,d values differ from %s, by up to %d of 255%n",
                differing,
                3 * size.pixels(),
                original,
                largest)
            : "not verified: %s has %s pixels, this one %s%n".formatted(original, size, found);
    return changes.isEmpty()
        ? text
        : text + "  since then: %s%n".formatted(String.join("; ", changes));
  }

  /** For programs. */
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("original", original.toString());
    fields.put("same", same());
    fields.put("size", size.toString());
    fields.put("found_size", found.toString());
    fields.put("differing_values", differing);
    fields.put("largest_difference", largest);
    fields.put("changes", changes);
    return fields;
  }
}
