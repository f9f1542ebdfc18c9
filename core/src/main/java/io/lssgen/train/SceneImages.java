package io.lssgen.train;

import io.lssgen.image.RgbImage;
import io.lssgen.scenes.CaptionMentions;
import io.lssgen.scenes.EmojiStyle;
import io.lssgen.scenes.Mention;
import io.lssgen.scenes.Placement;
import io.lssgen.scenes.SceneSettings;
import io.lssgen.scenes.SceneStream;
import io.lssgen.scenes.SceneVocabulary;
import io.lssgen.scenes.SceneWords;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedSet;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Emoji scenes as training data: whole scenes with captions, or crops of scenes at many scales. */
public final class SceneImages implements CaptionedImages {
  private static final int SMALLEST_SIDE = 256;
  private static final int PLACES = 2;

  private final SceneStream stream;
  private final SceneThings things = new SceneThings(SceneVocabulary.standard());
  private final CaptionMentions mentions = new CaptionMentions(SceneVocabulary.standard());
  private final Path artwork;
  private final SceneSettings settings;
  private final long seed;

  /**
   * @param artwork the folder that {@code tools/fetch-emoji.sh} filled
   */
  public SceneImages(Path artwork, SceneSettings settings, long seed) {
    stream = SceneStream.training(artwork, settings, seed);
    this.settings = settings;
    this.artwork = artwork;
    this.seed = seed;
  }

  @Override
  public RgbImage image(long index, int side) {
    return stream.sample(index, side).image();
  }

  @Override
  public String caption(long index, long variant) {
    return stream.caption(index, (int) variant);
  }

  @Override
  public int things() {
    return things.count();
  }

  @Override
  public long[] things(long index, int rows, int columns) {
    return things.of(stream.scene(index), rows, columns);
  }

  @Override
  public long[] parts(long index, int rows, int columns) {
    return SceneThings.parts(stream.scene(index), rows, columns);
  }

  @Override
  public List<Mention> mentions(long index, String caption) {
    return mentions.of(stream.scene(index), caption);
  }

  @Override
  public SortedSet<String> words() {
    return new SceneWords(SceneVocabulary.standard()).all();
  }

  @Override
  public String origin() {
    StringBuilder origin = new StringBuilder("emoji scenes, training split, seed " + seed);
    if (settings.placement() != Placement.FREE) {
      origin.append(", placement ").append(ShareTables.label(settings.placement()));
    }
    if (!settings.kinds().equals(SceneSettings.USUAL_KINDS)) {
      origin.append(", kinds");
      settings
          .kinds()
          .of()
          .forEach((kind, share) -> origin.append(' ' + ShareTables.label(kind) + ' ' + share));
    }
    for (EmojiStyle style : EmojiStyle.values()) {
      Path icons = artwork.resolve(style.iconSet()).resolve("icons.json");
      origin.append(", ").append(style.iconSet()).append(' ').append(Digests.of(icons));
    }
    return origin.toString();
  }

  /**
   * Crops for an autoencoder, a few of each scene: scenes at their smallest native side in half of
   * the cases, else drawn at up to four times that, so that details come in all sizes in which a
   * picture of 256 to 1024 pixels shows them. Of a few places the busiest one is cut out: most of a
   * scene is background.
   */
  public ImageSource crops() {
    AtomicReference<@Nullable Whole> last = new AtomicReference<>();
    return (index, side) -> {
      Whole whole = last.get();
      if (whole == null
          || whole.number() != index / ImageSource.CROPS_OF_ONE
          || whole.cropSide() != side) {
        whole = whole(index / ImageSource.CROPS_OF_ONE, side);
        last.set(whole);
      }
      SplittableRandom random = new SplittableRandom(Seeds.mix(seed, index));
      RgbImage busiest = crop(whole.image(), side, random);
      for (int i = 1; i < PLACES; i++) {
        RgbImage other = crop(whole.image(), side, random);
        busiest = roughness(other) > roughness(busiest) ? other : busiest;
      }
      return busiest;
    };
  }

  /** A scene that crops are cut from. */
  private record Whole(long number, int cropSide, RgbImage image) {}

  private Whole whole(long number, int cropSide) {
    SplittableRandom random = new SplittableRandom(Seeds.mix(seed + 1, number));
    int least = Math.max(SMALLEST_SIDE, cropSide);
    int side = random.nextBoolean() ? least : random.nextInt(least, 4 * least + 1);
    return new Whole(number, cropSide, image(number, side));
  }

  private static RgbImage crop(RgbImage whole, int side, SplittableRandom random) {
    int x = random.nextInt(whole.width() - side + 1);
    int y = random.nextInt(whole.height() - side + 1);
    return whole.crop(x, y, side, side);
  }

  /** Mean absolute difference of neighbouring values, which is nothing on a plain background. */
  private static double roughness(RgbImage image) {
    byte[] rgb = image.rgb();
    long sum = 0;
    for (int i = 3; i < rgb.length; i++) {
      sum += Math.abs((rgb[i] & 0xff) - (rgb[i - 3] & 0xff));
    }
    return sum / (double) rgb.length;
  }
}
