package io.lssgen.train;

import io.lssgen.errors.UsageException;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.ResampleKernel;
import io.lssgen.image.Resampler;
import io.lssgen.image.RgbImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Square crops of pictures in files, a few of each picture, at any scale down to a part of its own
 * size, mirrored in half of the cases. A picture that cannot be read, or is smaller than a crop, is
 * told of once and the next one takes its place.
 */
final class PictureCrops implements ImageSource {
  /** Pictures that are held: those of neighbouring crops, which two threads may cut at a time. */
  private static final int HELD = 2;

  private final List<Path> files;
  private final Settings settings;
  private final ShuffledOrder order;
  private final Consumer<String> skipped;
  private final Set<String> told = ConcurrentHashMap.newKeySet();
  private final AtomicReferenceArray<@Nullable Whole> held = new AtomicReferenceArray<>(HELD);

  /**
   * How crops are cut.
   *
   * @param leastScale the smallest scale that a picture is reduced to before it is cut, in (0, 1];
   *     scales are drawn evenly in their logarithm
   * @param flips whether half of the crops are mirrored
   */
  record Settings(double leastScale, boolean flips, long seed) {
    Settings {
      if (!(leastScale > 0 && leastScale <= 1)) {
        throw new IllegalArgumentException("least_scale must be in (0, 1], found " + leastScale);
      }
    }
  }

  private record Whole(long group, int side, RgbImage image) {}

  /**
   * @param files pictures, at least one
   * @param skipped is told, in a line each, which pictures are left out and why
   */
  PictureCrops(List<Path> files, Settings settings, Consumer<String> skipped) {
    this.files = List.copyOf(files);
    this.settings = settings;
    this.skipped = skipped;
    order = new ShuffledOrder(files.size(), settings.seed());
  }

  /**
   * @throws UsageException if no picture at all can be read and is large enough
   */
  @Override
  public RgbImage image(long index, int side) {
    long group = index / CROPS_OF_ONE;
    int place = (int) (group % HELD);
    Whole whole = held.get(place);
    if (whole == null || whole.group() != group || whole.side() != side) {
      whole = new Whole(group, side, read(order.at(group), side));
      held.set(place, whole);
    }
    return crop(whole.image(), side, new SplittableRandom(Seeds.mix(settings.seed(), index)));
  }

  private RgbImage crop(RgbImage image, int side, SplittableRandom random) {
    double least =
        Math.max(settings.leastScale(), (double) side / Math.min(image.width(), image.height()));
    double scale = Math.pow(least, random.nextDouble());
    int region = (int) Math.min(Math.round(side / scale), Math.min(image.width(), image.height()));
    int x = random.nextInt(image.width() - region + 1);
    int y = random.nextInt(image.height() - region + 1);
    RgbImage part = image.crop(x, y, region, region);
    RgbImage crop =
        region == side ? part : Resampler.resized(part, side, side, ResampleKernel.LANCZOS);
    return settings.flips() && random.nextBoolean() ? mirrored(crop) : crop;
  }

  private static RgbImage mirrored(RgbImage image) {
    int width = image.width();
    byte[] from = image.rgb();
    byte[] to = new byte[from.length];
    for (int at = 0; at < from.length; at += 3) {
      int x = at / 3 % width;
      int target = at + 3 * (width - 1 - 2 * x);
      System.arraycopy(from, at, to, target, 3);
    }
    return new RgbImage(width, image.height(), to);
  }

  /** Picture {@code number}, or the first after it that can be used. */
  private RgbImage read(int number, int side) {
    for (int i = 0; i < files.size(); i++) {
      Path file = files.get((number + i) % files.size());
      try {
        RgbImage image = ImageFiles.read(file);
        if (Math.min(image.width(), image.height()) >= side) {
          return image;
        }
        tell(
            "%s is skipped: wanted at least %d pixels a side, found %dx%d"
                .formatted(file, side, image.width(), image.height()));
      } catch (UsageException e) {
        tell(file + " is skipped: " + e.getMessage());
      }
    }
    throw new UsageException(
        "none of %d pictures can be read and has sides of at least %d pixels; the first is %s"
            .formatted(files.size(), side, files.get(0)));
  }

  private void tell(String line) {
    if (told.add(line)) {
      skipped.accept(line);
    }
  }
}
