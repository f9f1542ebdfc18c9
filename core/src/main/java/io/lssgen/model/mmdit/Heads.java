package io.lssgen.model.mmdit;

/**
 * The heads of an attention.
 *
 * @param count how many there are
 * @param each the width of one
 * @param normalised whether queries and keys are (RMS, arXiv 2302.05442)
 */
public record Heads(int count, int each, boolean normalised) {
  /** Of all together: that of a token. */
  public int width() {
    return count * each;
  }
}
