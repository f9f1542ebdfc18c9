package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.PictureFolders;
import io.lssgen.image.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureCropsTest {
  @TempDir Path folder;
  private final List<String> skipped = new ArrayList<>();

  private void picture(String name, int width, int height, int level) throws IOException {
    byte[] rgb = new byte[3 * width * height];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (level + i / 3 % width);
    }
    ImageIO.write(
        new RgbImage(width, height, rgb).toBufferedImage(), "png", folder.resolve(name).toFile());
  }

  private PictureCrops crops(double leastScale, boolean flips) {
    return new PictureCrops(
        PictureFolders.list(List.of(folder)),
        new PictureCrops.Settings(leastScale, flips, 7),
        skipped::add);
  }

  @Test
  void aCropDependsOnItsNumberAlone() throws IOException {
    picture("a.png", 60, 40, 0);
    picture("b.png", 50, 90, 100);
    PictureCrops first = crops(0.5, true);
    PictureCrops second = crops(0.5, true);
    List<RgbImage> forwards = IntStream.range(0, 20).mapToObj(i -> first.image(i, 16)).toList();
    for (int i = 19; i >= 0; i--) {
      assertThat(second.image(i, 16)).isEqualTo(forwards.get(i));
    }
    assertThat(new HashSet<>(forwards)).hasSizeGreaterThan(15);
    assertThat(forwards).allMatch(image -> image.width() == 16 && image.height() == 16);
    assertThat(skipped).isEmpty();
  }

  @Test
  void atItsOwnScaleACropIsAPartOfThePicture() throws IOException {
    picture("a.png", 60, 40, 0);
    RgbImage whole = ImageFiles.read(folder.resolve("a.png"));
    Set<RgbImage> parts = new HashSet<>();
    for (int x = 0; x <= 60 - 16; x++) {
      parts.add(whole.crop(x, 0, 16, 16));
    }
    PictureCrops crops = crops(1, false);
    for (int i = 0; i < 30; i++) {
      assertThat(parts).contains(crops.image(i, 16));
    }
  }

  @Test
  void mirroredCropsFallWherePlainOnesRise() throws IOException {
    picture("a.png", 60, 40, 0);
    PictureCrops crops = crops(1, true);
    long falling =
        IntStream.range(0, 200)
            .mapToObj(i -> crops.image(i, 16).rgb())
            .filter(rgb -> (rgb[0] & 0xff) > (rgb[3] & 0xff))
            .count();
    assertThat(falling).isBetween(60L, 140L);
  }

  @Test
  void whatCannotBeUsedIsToldOnceAndReplaced() throws IOException {
    picture("good.png", 60, 40, 0);
    picture("small.png", 12, 40, 0);
    Files.writeString(folder.resolve("broken.jpg"), "no picture");
    byte[] png = Files.readAllBytes(folder.resolve("good.png"));
    Files.write(folder.resolve("half.png"), Arrays.copyOf(png, png.length / 2));
    PictureCrops crops = crops(0.5, true);
    for (int i = 0; i < 40; i++) {
      assertThat(crops.image(i, 16).width()).isEqualTo(16);
    }
    assertThat(skipped).hasSize(3);
    assertThat(skipped).anyMatch(line -> line.contains("broken.jpg is skipped"));
    assertThat(skipped).anyMatch(line -> line.contains("half.png is skipped"));
    assertThat(skipped).anyMatch(line -> line.contains("at least 16 pixels a side, found 12x40"));
  }

  @Test
  void aFolderWithoutPicturesIsRefused() throws IOException {
    Files.writeString(folder.resolve("note.txt"), "no picture");
    assertThatThrownBy(() -> PictureFolders.list(List.of(folder)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no pictures in")
        .hasMessageContaining(folder.toString());
    assertThatThrownBy(() -> PictureFolders.list(List.of(folder.resolve("none"))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no such folder");
  }

  @Test
  void aFolderWhereNoneCanBeUsedIsRefused() throws IOException {
    Files.writeString(folder.resolve("broken.jpg"), "no picture");
    assertThatThrownBy(() -> crops(1, false).image(0, 16))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("none of 1 pictures")
        .hasMessageContaining("broken.jpg");
  }
}
