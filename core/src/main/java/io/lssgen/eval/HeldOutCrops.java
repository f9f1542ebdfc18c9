package io.lssgen.eval;

import io.lssgen.errors.UsageException;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.RgbImage;
import io.lssgen.scenes.SceneStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * Crops of pictures, always the same ones: their places follow from the pictures' file names.
 *
 * @param crops square, of one side
 * @param pictures how many pictures they are from
 * @param skipped pictures that cannot be read or are too small, in a line each
 */
public record HeldOutCrops(List<RgbImage> crops, int pictures, List<String> skipped) {
  public HeldOutCrops {
    crops = List.copyOf(crops);
    skipped = List.copyOf(skipped);
  }

  /**
   * Cuts {@code count} crops of each picture, at its own scale.
   *
   * @param side pixels of a crop's side
   * @throws UsageException if no picture can be used
   */
  public static HeldOutCrops of(List<Path> files, int count, int side) {
    List<RgbImage> crops = new ArrayList<>();
    List<String> skipped = new ArrayList<>();
    for (Path file : files) {
      try {
        crops.addAll(crops(file, count, side));
      } catch (UsageException e) {
        skipped.add(file + " is skipped: " + e.getMessage());
      }
    }
    if (crops.isEmpty()) {
      throw new UsageException(
          "none of %d pictures can be used; the first: %s".formatted(files.size(), skipped.get(0)));
    }
    return new HeldOutCrops(crops, files.size() - skipped.size(), skipped);
  }

  /** The first {@code count} scenes of a stream, whole, {@code side} pixels wide. */
  public static HeldOutCrops of(SceneStream scenes, int count, int side) {
    List<RgbImage> drawn =
        LongStream.range(0, count).mapToObj(i -> scenes.sample(i, side).image()).toList();
    return new HeldOutCrops(drawn, count, List.of());
  }

  private static List<RgbImage> crops(Path file, int count, int side) {
    RgbImage image = ImageFiles.read(file);
    if (Math.min(image.width(), image.height()) < side) {
      throw new UsageException(
          "wanted at least %d pixels a side, found %dx%d"
              .formatted(side, image.width(), image.height()));
    }
    SplittableRandom random = new SplittableRandom(file.getFileName().toString().hashCode());
    List<RgbImage> crops = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int x = random.nextInt(image.width() - side + 1);
      int y = random.nextInt(image.height() - side + 1);
      crops.add(image.crop(x, y, side, side));
    }
    return crops;
  }
}
