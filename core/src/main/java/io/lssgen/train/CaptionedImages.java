package io.lssgen.train;

import java.util.SortedSet;

/** Pictures with what they show, in words. */
public interface CaptionedImages extends ImageSource {
  /** A caption of picture {@code index}; different variants may word it differently. */
  String caption(long index, long variant);

  /** All words that captions are made of, in lower case. */
  SortedSet<String> words();

  /** Names the data, with all that its content depends on; facts are separated by {@code ", "}. */
  String origin();
}
