package io.lssgen.cli;

import io.lssgen.image.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Folders of small pictures, slopes of gray that differ in their steepness. */
final class TinyPictures {
  private static final int WIDTH = 80;
  private static final int HEIGHT = 70;

  private TinyPictures() {}

  /** A new folder with {@code <number>.png} of so many numbers from {@code first} on. */
  static Path create(Path folder, int first, int count) throws IOException {
    Files.createDirectory(folder);
    for (int number = first; number < first + count; number++) {
      byte[] rgb = new byte[WIDTH * HEIGHT * 3];
      for (int i = 0; i < rgb.length; i++) {
        rgb[i] = (byte) (i / 3 % WIDTH * (number % 3 + 1));
      }
      ImageIO.write(
          new RgbImage(WIDTH, HEIGHT, rgb).toBufferedImage(),
          "png",
          folder.resolve(number + ".png").toFile());
    }
    return folder;
  }
}
