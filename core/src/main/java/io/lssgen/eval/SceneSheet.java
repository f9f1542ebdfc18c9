package io.lssgen.eval;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.files.AtomicFile;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.RgbImage;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import javax.imageio.ImageIO;

/** A contact sheet: every picture with what was seen in it, its prompt and its verdict. */
public final class SceneSheet {
  /** Largest width of a picture on the sheet, in pixels. */
  public static final int TILE = 192;

  private static final int TEXT = 46;
  private static final int GAP = 6;
  private static final int COLUMNS = 10;
  private static final Color RIGHT = new Color(0x1f9d3a);
  private static final Color WRONG = new Color(0xd02020);
  private static final Color UNSURE = new Color(0x808080);

  static {
    // Drawing needs no display; without this a server with a broken DISPLAY fails.
    System.setProperty("java.awt.headless", "true");
  }

  private SceneSheet() {}

  /** The picture at the size that the sheet shows. */
  static RgbImage tile(RgbImage image) {
    return image.width() <= TILE
        ? image
        : RgbImage.of(scaled(image.toBufferedImage(), BufferedImage.TYPE_INT_RGB));
  }

  private static BufferedImage scaled(BufferedImage image, int type) {
    BufferedImage half = image;
    while (half.getWidth() >= 2 * TILE) { // bilinear reads two pixels: halves keep every pixel in
      half = drawn(half, half.getWidth() / 2, type);
    }
    return drawn(half, TILE, type);
  }

  private static BufferedImage drawn(BufferedImage image, int side, int type) {
    BufferedImage target = new BufferedImage(side, side, type);
    Graphics2D graphics = target.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(image, 0, 0, side, side, null);
    graphics.dispose();
    return target;
  }

  /**
   * The picture with a square around each object seen, grey where the detector is unsure.
   *
   * @param image square
   */
  public static RgbImage annotated(RgbImage image, DetectedScene found) {
    BufferedImage canvas = image.toBufferedImage();
    Graphics2D graphics = canvas.createGraphics();
    annotate(graphics, found, 0, 0, image.width());
    graphics.dispose();
    return RgbImage.of(canvas);
  }

  private static void annotate(Graphics2D graphics, DetectedScene found, int x, int y, int side) {
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 10));
    for (Detection seen : found.objects()) {
      int left = x + (int) Math.round((seen.x() - seen.size() / 2) * side);
      int top = y + (int) Math.round((seen.y() - seen.size() / 2) * side);
      int width = (int) Math.round(seen.size() * side);
      graphics.setColor(seen.sure() ? Color.MAGENTA : UNSURE);
      graphics.drawRect(left, top, width, width);
      String name = seen.object() == null ? "?" : seen.object();
      String label = String.format(Locale.ROOT, "%s %.2f", name, seen.confidence());
      graphics.drawString(label, Math.max(x, left) + 2, Math.max(y, top) + 10);
    }
  }

  /**
   * Writes the sheet as PNG.
   *
   * @throws io.lssgen.errors.UsageException when the file is there already and {@code ifExists}
   *     refuses, or its folder is not there
   * @throws LssGenException when it cannot be written; an older file is then unchanged
   */
  public static void write(Path file, List<SceneEvaluation.Scored> pictures, IfExists ifExists) {
    int columns = Math.min(COLUMNS, pictures.size());
    int rows = (pictures.size() + columns - 1) / columns;
    int width = TILE + GAP;
    int height = TILE + TEXT + GAP;
    BufferedImage sheet =
        new BufferedImage(columns * width, rows * height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = sheet.createGraphics();
    graphics.setColor(Color.WHITE);
    graphics.fillRect(0, 0, sheet.getWidth(), sheet.getHeight());
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    for (int i = 0; i < pictures.size(); i++) {
      draw(graphics, pictures.get(i), i % columns * width, i / columns * height);
    }
    graphics.dispose();
    save(file, sheet, ifExists);
  }

  private static void draw(Graphics2D graphics, SceneEvaluation.Scored scored, int x, int y) {
    boolean correct = scored.verdict().correct();
    graphics.drawImage(scored.image().toBufferedImage(), x + 2, y + 2, TILE, TILE, null);
    annotate(graphics, scored.found(), x + 2, y + 2, TILE);
    graphics.setColor(correct ? RIGHT : WRONG);
    graphics.setStroke(new BasicStroke(3));
    graphics.drawRect(x + 2, y + 2, TILE, TILE);
    graphics.setStroke(new BasicStroke(1));
    graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 11));
    String verdict = correct ? "right" : scored.verdict().reason();
    graphics.drawString(fitted(graphics, verdict), x + 4, y + TILE + 42);
    graphics.setColor(Color.BLACK);
    String category = CategoryScores.label(scored.prompt().category()).replace('_', ' ');
    graphics.drawString(fitted(graphics, category), x + 4, y + TILE + 15);
    graphics.drawString(fitted(graphics, scored.prompt().prompt()), x + 4, y + TILE + 28);
  }

  private static String fitted(Graphics2D graphics, String text) {
    FontMetrics metrics = graphics.getFontMetrics();
    String shown = text;
    while (shown.length() > 1 && metrics.stringWidth(shown) > TILE - 4) {
      shown = shown.substring(0, shown.length() - 2) + "…";
    }
    return shown;
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
