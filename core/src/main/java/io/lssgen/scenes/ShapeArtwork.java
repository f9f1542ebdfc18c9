package io.lssgen.scenes;

import io.lssgen.scenes.SceneObject.ColoredShape;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;

/** Draws the coloured shapes. Outlines fill the unit square as far as they can. */
final class ShapeArtwork {
  private ShapeArtwork() {}

  /** Draws a shape into the square from 0 to {@code side}; shaded in noto's manner, or plain. */
  static void draw(Graphics2D graphics, ColoredShape shape, EmojiStyle style, double side) {
    Color base = new Color(shape.rgb());
    Shape outline =
        AffineTransform.getScaleInstance(side, side).createTransformedShape(outline(shape.shape()));
    graphics.setPaint(
        switch (style) {
          case NOTO -> new GradientPaint(0, 0, lighter(base), 0, (float) side, base);
          case FLAT -> base;
        });
    graphics.fill(outline);
  }

  private static Color lighter(Color color) {
    return new Color(toWhite(color.getRed()), toWhite(color.getGreen()), toWhite(color.getBlue()));
  }

  private static int toWhite(int channel) {
    return (int) Math.round(channel + 0.22 * (255 - channel));
  }

  private static Shape outline(String shape) {
    return switch (shape) {
      case "circle" -> new Ellipse2D.Double(0, 0, 1, 1);
      case "square" -> new Rectangle2D.Double(0.04, 0.04, 0.92, 0.92);
      case "triangle" -> triangle();
      case "star" -> star();
      case "heart" -> heart();
      default -> throw new IllegalArgumentException("no outline for shape \"" + shape + "\"");
    };
  }

  private static Shape triangle() {
    Path2D path = new Path2D.Double();
    path.moveTo(0.5, 0.06);
    path.lineTo(1, 0.93);
    path.lineTo(0, 0.93);
    path.closePath();
    return path;
  }

  private static Shape star() {
    Path2D path = new Path2D.Double();
    for (int i = 0; i < 10; i++) {
      double radius = i % 2 == 0 ? 0.525 : 0.23;
      double angle = Math.PI * (i / 5.0 - 0.5);
      double x = 0.5 + radius * Math.cos(angle);
      double y = 0.54 + radius * Math.sin(angle);
      if (i == 0) {
        path.moveTo(x, y);
      } else {
        path.lineTo(x, y);
      }
    }
    path.closePath();
    return path;
  }

  private static Shape heart() {
    Path2D path = new Path2D.Double();
    path.moveTo(0.5, 0.96);
    path.curveTo(0.2, 0.72, 0, 0.52, 0, 0.31);
    path.curveTo(0, 0.15, 0.12, 0.05, 0.26, 0.05);
    path.curveTo(0.36, 0.05, 0.45, 0.1, 0.5, 0.2);
    path.curveTo(0.55, 0.1, 0.64, 0.05, 0.74, 0.05);
    path.curveTo(0.88, 0.05, 1, 0.15, 1, 0.31);
    path.curveTo(1, 0.52, 0.8, 0.72, 0.5, 0.96);
    path.closePath();
    return path;
  }
}
