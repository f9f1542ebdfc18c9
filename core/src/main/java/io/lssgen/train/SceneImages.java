package io.lssgen.train;

import io.lssgen.image.RgbImage;
import io.lssgen.scenes.SceneStream;
import io.lssgen.scenes.SceneVocabulary;
import io.lssgen.scenes.SceneWords;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.SplittableRandom;

/** Emoji scenes as training data: whole scenes with captions, or crops of scenes at many scales. */
public final class SceneImages implements CaptionedImages {
  private final SceneStream stream;
  private final long seed;

  /**
   * @param artwork the folder that {@code tools/fetch-emoji.sh} filled
   */
  public SceneImages(Path artwork, long seed) {
    stream = SceneStream.training(artwork, seed);
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
  public SortedSet<String> words() {
    return new SceneWords(SceneVocabulary.standard()).all();
  }

  @Override
  public String origin() {
    return "emoji scenes, training split, seed " + seed;
  }

  /**
   * Crops for an autoencoder: a scene drawn at one to four times the crop's side, so that details
   * come in all sizes in which a picture of 256 to 1024 pixels shows them.
   */
  public ImageSource crops() {
    return (index, side) -> {
      SplittableRandom random = new SplittableRandom(Seeds.mix(seed, index));
      int drawn = random.nextInt(side, 4 * side + 1);
      BufferedImage whole = image(index, drawn).toBufferedImage();
      int x = random.nextInt(drawn - side + 1);
      int y = random.nextInt(drawn - side + 1);
      return RgbImage.of(whole.getSubimage(x, y, side, side));
    };
  }
}
