package io.lssgen.train;

import java.util.Arrays;
import java.util.stream.Collectors;

/** What an upsampler's latents are to be like. */
enum PairTarget {
  /** Those of the whole picture, much of which the small latents do not tell. */
  PICTURE,

  /**
   * Those that the way through pixels makes of the small ones: decoded, doubled by bicubic
   * interpolation, encoded. The small latents tell all of it, so that latents alone teach what
   * decoded pictures teach at a multiple of the cost.
   */
  PIXELS;

  /**
   * @param name as configurations have it
   * @throws IllegalArgumentException if it is none
   */
  static PairTarget of(String name) {
    return Arrays.stream(values())
        .filter(each -> ShareTables.label(each).equals(name))
        .findAny()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "target wants %s, found %s"
                        .formatted(
                            Arrays.stream(values())
                                .map(ShareTables::label)
                                .collect(Collectors.joining(" or ")),
                            name)));
  }
}
