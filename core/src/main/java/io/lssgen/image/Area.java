package io.lssgen.image;

/**
 * A rectangle of a picture, in its pixels.
 *
 * @param left first column
 * @param top first row
 * @param width columns
 * @param height rows
 */
public record Area(int left, int top, int width, int height) {
  /**
   * What any level above 0 lies in, widened by {@code padding} on all sides, and then in the one
   * direction that gives it the proportions of a picture, as far as the mask reaches: what
   * AUTOMATIC1111's "only masked" and diffusers' {@code padding_mask_crop} look at.
   *
   * @param padding in the mask's pixels, at least 0
   * @param wide of the picture that is to be made of it
   * @param high likewise
   * @throws IllegalArgumentException if the mask has no such level
   */
  public static Area around(Mask mask, int padding, int wide, int high) {
    Span columns = Span.of(mask.width(), x -> isIn(mask, x, true)).widened(padding);
    Span rows = Span.of(mask.height(), y -> isIn(mask, y, false)).widened(padding);
    double ratio = (double) wide / high;
    if ((double) columns.length() / rows.length() > ratio) {
      rows = rows.grown((int) (columns.length() / ratio - rows.length()));
    } else {
      columns = columns.grown((int) (rows.length() * ratio - columns.length()));
    }
    return new Area(columns.from, rows.from, columns.length(), rows.length());
  }

  private static boolean isIn(Mask mask, int at, boolean column) {
    int length = column ? mask.height() : mask.width();
    for (int i = 0; i < length; i++) {
      if ((column ? mask.level(at, i) : mask.level(i, at)) > 0) {
        return true;
      }
    }
    return false;
  }

  /** Cuts a part out of something. */
  @FunctionalInterface
  public interface Crop<T> {
    T part(int left, int top, int width, int height);
  }

  /** What lies in it. */
  public <T> T of(Crop<T> whole) {
    return whole.part(left, top, width, height);
  }

  /** Whether a row or a column has something. */
  @FunctionalInterface
  private interface Has {
    boolean at(int place);
  }

  /** From a place to before another, of so many. */
  private record Span(int from, int to, int all) {
    static Span of(int all, Has has) {
      int from = 0;
      while (from < all && !has.at(from)) {
        from++;
      }
      int to = all;
      while (to > from && !has.at(to - 1)) {
        to--;
      }
      if (from == to) {
        throw new IllegalArgumentException("the mask is empty");
      }
      return new Span(from, to, all);
    }

    int length() {
      return to - from;
    }

    Span widened(int padding) {
      return new Span(Math.max(from - padding, 0), (int) Math.min((long) to + padding, all), all);
    }

    /** By so much, to both sides alike, and to one alone where the other ends. */
    Span grown(int by) {
      int begin = from - by / 2;
      int end = to + by - by / 2;
      if (end >= all) {
        begin -= end - all;
        end = all;
      }
      if (begin < 0) {
        end = Math.min(end - begin, all);
        begin = 0;
      }
      return new Span(begin, end, all);
    }
  }
}
