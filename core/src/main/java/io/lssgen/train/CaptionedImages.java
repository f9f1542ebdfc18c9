package io.lssgen.train;

/** Pictures with what they show, in words. */
public interface CaptionedImages extends ImageSource {
  /** A caption of picture {@code index}; different variants may word it differently. */
  String caption(long index, long variant);

  /** Names the data, with all that its content depends on. */
  String origin();
}
