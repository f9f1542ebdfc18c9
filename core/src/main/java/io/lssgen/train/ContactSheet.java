package io.lssgen.train;

import io.lssgen.files.AtomicFile;
import io.lssgen.image.RgbImage;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/** Pictures of one size side by side. */
public final class ContactSheet {
  private ContactSheet() {}

  /** Writes {@code images} row by row, {@code columns} to a row, as PNG. */
  public static void write(List<RgbImage> images, int columns, Path file) {
    int width = images.get(0).width();
    int height = images.get(0).height();
    int rows = (images.size() + columns - 1) / columns;
    BufferedImage sheet =
        new BufferedImage(columns * width, rows * height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    for (int i = 0; i < images.size(); i++) {
      graphics.drawImage(
          images.get(i).toBufferedImage(), i % columns * width, i / columns * height, null);
    }
    graphics.dispose();
    AtomicFile.write(
        file,
        AtomicFile.IfExists.REPLACE,
        channel -> ImageIO.write(sheet, "png", Channels.newOutputStream(channel)));
  }
}
