package io.lssgen.eval;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.files.AtomicFile;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.RgbImage;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * The middles of crops side by side, pixel for pixel: a row for each crop, a column for each way.
 */
public final class UpsamplerSheet {
  private static final int TILE = 256;
  private static final int TEXT = 18;
  private static final int GAP = 4;

  static {
    // Drawing needs no display; without this a server with a broken DISPLAY fails.
    System.setProperty("java.awt.headless", "true");
  }

  private UpsamplerSheet() {}

  /**
   * Writes the sheet as PNG.
   *
   * @param result with the pictures of at least one crop
   * @throws io.lssgen.errors.UsageException when the file is there already and {@code ifExists}
   *     refuses, or its folder is not there
   * @throws LssGenException when it cannot be written; an older file is then unchanged
   */
  public static void write(Path file, UpsamplerEvaluation.Result result, IfExists ifExists) {
    List<String> names = new ArrayList<>(List.of("original"));
    result.rows().forEach(row -> names.add(row.way()));
    int tile = Math.min(TILE, result.pictures().get(0).get(0).width());
    BufferedImage sheet =
        new BufferedImage(
            names.size() * (tile + GAP),
            TEXT + result.pictures().size() * (tile + GAP),
            BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    graphics.setColor(Color.BLACK);
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    for (int column = 0; column < names.size(); column++) {
      int x = column * (tile + GAP);
      graphics.drawString(names.get(column), x + 2, TEXT - 5);
      for (int row = 0; row < result.pictures().size(); row++) {
        RgbImage image = result.pictures().get(row).get(column);
        int edge = (image.width() - tile) / 2;
        graphics.drawImage(
            image.crop(edge, edge, tile, tile).toBufferedImage(),
            x,
            TEXT + row * (tile + GAP),
            null);
      }
    }
    graphics.dispose();
    save(file, sheet, ifExists);
  }

  private static void save(Path file, BufferedImage sheet, IfExists ifExists) {
    try {
      ByteArrayOutputStream png = new ByteArrayOutputStream();
      ImageIO.write(sheet, "png", png);
      AtomicFile.write(file, ifExists, png.toByteArray());
    } catch (IOException e) {
      throw new LssGenException(file + " cannot be written: " + IoReason.of(e), e);
    }
  }
}
