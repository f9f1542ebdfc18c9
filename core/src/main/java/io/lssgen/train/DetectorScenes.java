package io.lssgen.train;

import io.lssgen.image.RgbImage;
import io.lssgen.scenes.Captioner;
import io.lssgen.scenes.EmojiArtwork;
import io.lssgen.scenes.PlacedObject;
import io.lssgen.scenes.Scene;
import io.lssgen.scenes.SceneGrammar;
import io.lssgen.scenes.SceneObject;
import io.lssgen.scenes.SceneRenderer;
import io.lssgen.scenes.SceneSettings;
import io.lssgen.scenes.SceneSplit;
import io.lssgen.scenes.SceneStream;
import io.lssgen.scenes.SceneVocabulary;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/**
 * Training pictures of a scene detector, with what they show. Scenes of both splits, from seeds
 * that no generator's training uses; half of them moved and resized beyond what the grammar lays
 * out; drawn at many sizes; some of them mongrels of two objects each, which are no known object.
 */
final class DetectorScenes implements DetectorTrainee.Source {
  /** Generators' seeds are ints: from here on, seeds are the detector's. */
  static final long SEED_SPACE = 1L << 40;

  private static final double MOVED = 0.5;
  private static final double RESAMPLED = 0.4;
  private static final double JPEG = 0.15;
  private static final double MARGIN = 0.005;

  private final SceneStream stream;
  private final SceneRenderer renderer;
  private final List<String> icons;
  private final long seed;
  private final double mongrels;

  /**
   * @param seed of the run, an int's worth
   * @param mongrels share of pictures whose objects are unknown, 0 to 1
   */
  DetectorScenes(SceneVocabulary vocabulary, EmojiArtwork artwork, int seed, double mongrels) {
    renderer = new SceneRenderer(vocabulary, artwork);
    this.seed = SEED_SPACE + Integer.toUnsignedLong(seed);
    stream =
        new SceneStream(
            new SceneGrammar(vocabulary, EnumSet.allOf(SceneSplit.class), SceneSettings.USUAL),
            new Captioner(vocabulary),
            renderer,
            this.seed);
    icons =
        vocabulary.objects().stream()
            .filter(object -> !object.isShape())
            .map(SceneObject::id)
            .toList();
    this.mongrels = mongrels;
  }

  @Override
  public DetectorTrainee.Labelled sample(long index, int side) {
    SplittableRandom random = new SplittableRandom(Seeds.mix(seed, index));
    Scene scene = stream.scene(index);
    if (random.nextDouble() < MOVED) {
      scene = moved(scene, random);
    }
    boolean known = random.nextDouble() >= mongrels;
    int drawn = random.nextDouble() < RESAMPLED ? random.nextInt(side * 5 / 8, 2 * side + 1) : side;
    RgbImage image = renderer.render(scene, drawn);
    if (!known) {
      image = mixed(image, renderer.render(exchanged(scene, random), drawn), scene, random);
    }
    image = drawn == side ? image : resampled(image, side);
    image = random.nextDouble() < JPEG ? compressed(image, random.nextDouble(0.4, 0.95)) : image;
    return new DetectorTrainee.Labelled(image, scene, known);
  }

  /** All objects together smaller or larger, and elsewhere in the frame. */
  private static Scene moved(Scene scene, SplittableRandom random) {
    double left = 1;
    double right = 0;
    double top = 1;
    double bottom = 0;
    for (PlacedObject each : scene.objects()) {
      left = Math.min(left, each.x() - each.size() / 2);
      right = Math.max(right, each.x() + each.size() / 2);
      top = Math.min(top, each.y() - each.size() / 2);
      bottom = Math.max(bottom, each.y() + each.size() / 2);
    }
    double room = 1 - 2 * MARGIN;
    double most = Math.min(1.4, room / Math.max(right - left, bottom - top));
    double scale = most <= 0.65 ? most : random.nextDouble(0.65, most);
    double x = MARGIN + random.nextDouble() * Math.max(0, room - scale * (right - left));
    double y = MARGIN + random.nextDouble() * Math.max(0, room - scale * (bottom - top));
    List<PlacedObject> placed = new ArrayList<>();
    for (PlacedObject each : scene.objects()) {
      placed.add(
          new PlacedObject(
              each.object(),
              x + scale * (each.x() - left),
              y + scale * (each.y() - top),
              scale * each.size()));
    }
    return new Scene(scene.kind(), placed, scene.background(), scene.style());
  }

  /** The same layout with every kind of object replaced by another, an icon. */
  private Scene exchanged(Scene scene, SplittableRandom random) {
    Map<String, String> others = new HashMap<>();
    List<PlacedObject> placed = new ArrayList<>();
    for (PlacedObject each : scene.objects()) {
      String other = others.get(each.object());
      while (other == null) {
        String drawn = icons.get(random.nextInt(icons.size()));
        other = drawn.equals(each.object()) || others.containsValue(drawn) ? null : drawn;
      }
      others.put(each.object(), other);
      placed.add(new PlacedObject(other, each.x(), each.y(), each.size()));
    }
    return new Scene(scene.kind(), placed, scene.background(), scene.style());
  }

  /** Half of each object from one picture and half from the other, or both through each other. */
  private static RgbImage mixed(RgbImage a, RgbImage b, Scene scene, SplittableRandom random) {
    int way = random.nextInt(3);
    byte[] rgb = a.rgb().clone();
    for (PlacedObject each : scene.objects()) {
      int side = a.width();
      double half = each.size() / 2;
      int left = (int) Math.floor((each.x() - (way == 0 ? 0 : half)) * side);
      int top = (int) Math.floor((each.y() - (way == 1 ? 0 : half)) * side);
      int right = (int) Math.ceil((each.x() + half) * side);
      int bottom = (int) Math.ceil((each.y() + half) * side);
      for (int y = Math.max(0, top); y < Math.min(side, bottom); y++) {
        for (int i = 3 * (y * side + Math.max(0, left));
            i < 3 * (y * side + Math.min(side, right));
            i++) {
          int other = b.rgb()[i] & 0xff;
          rgb[i] = (byte) (way == 2 ? ((rgb[i] & 0xff) + other) / 2 : other);
        }
      }
    }
    return new RgbImage(a.width(), a.height(), rgb);
  }

  private static RgbImage resampled(RgbImage image, int side) {
    BufferedImage target = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = target.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
    graphics.drawImage(image.toBufferedImage(), 0, 0, side, side, null);
    graphics.dispose();
    return RgbImage.of(target);
  }

  private static RgbImage compressed(RgbImage image, double quality) {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ImageOutputStream out = ImageIO.createImageOutputStream(bytes)) {
      ImageWriteParam parameters = writer.getDefaultWriteParam();
      parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      parameters.setCompressionQuality((float) quality);
      writer.setOutput(out);
      writer.write(null, new IIOImage(image.toBufferedImage(), null, null), parameters);
      out.flush();
      return RgbImage.of(ImageIO.read(new ByteArrayInputStream(bytes.toByteArray())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      writer.dispose();
    }
  }
}
