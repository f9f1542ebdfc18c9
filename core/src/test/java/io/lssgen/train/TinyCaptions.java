package io.lssgen.train;

import io.lssgen.image.RgbImage;
import io.lssgen.scenes.Mention;
import java.util.Arrays;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Captions of a formula over the pictures of {@link TinyTrainees}. */
final class TinyCaptions implements CaptionedImages {
  @Override
  public RgbImage image(long index, int side) {
    return TinyTrainees.picture(index, side);
  }

  @Override
  public String caption(long index, long variant) {
    return (variant % 2 == 0 ? "a red apple " : "a blue book ") + index;
  }

  @Override
  public int things() {
    return TinyTrainees.THINGS;
  }

  /** One thing in the upper half, which the caption does not name, nothing in the lower. */
  @Override
  public long[] things(long index, int rows, int columns) {
    long[] things = new long[rows * columns];
    Arrays.fill(things, 0, things.length / 2, 1 + index % (TinyTrainees.THINGS - 1));
    return things;
  }

  /** The same part everywhere. */
  @Override
  public long[] parts(long index, int rows, int columns) {
    long[] parts = new long[rows * columns];
    Arrays.fill(parts, 0, parts.length / 2, 5);
    return parts;
  }

  /** A red apple lies on the left, a blue book on the right. */
  @Override
  public List<Mention> mentions(long index, String caption) {
    return caption.isEmpty()
        ? List.of()
        : List.of(
            caption.startsWith("a red apple")
                ? new Mention(2, 11, 0.2, 0.5)
                : new Mention(2, 11, 0.8, 0.5));
  }

  @Override
  public SortedSet<String> words() {
    return new TreeSet<>(List.of("a", "red", "apple", "blue", "book"));
  }

  @Override
  public String origin() {
    return "captions of a formula";
  }
}
