package io.lssgen.scenes;

import static java.util.Objects.requireNonNull;

import io.lssgen.image.RgbImage;

/** Draws scenes at any size. Thread-safe; the same scene and size give the same bytes. */
public final class SceneRenderer {
  private final SceneVocabulary vocabulary;
  private final EmojiArtwork artwork;

  /** Draws with this artwork, which must hold the vocabulary's objects. */
  public SceneRenderer(SceneVocabulary vocabulary, EmojiArtwork artwork) {
    this.vocabulary = requireNonNull(vocabulary, "vocabulary is null");
    this.artwork = requireNonNull(artwork, "artwork is null");
  }

  /** Draws a scene as a square picture of this side in pixels. */
  public RgbImage render(Scene scene, int side) {
    return render(scene, side, side);
  }

  /**
   * Draws a scene in a frame of any form. Sizes are fractions of the shorter side, places fractions
   * of each side: objects stay in the frame, move apart and keep their relations.
   */
  public RgbImage render(Scene scene, int width, int height) {
    SceneCanvas canvas =
        new SceneCanvas(width, height, vocabulary.background(scene.background()).rgb());
    for (PlacedObject placed : scene.objects()) {
      double side = placed.size() * Math.min(width, height);
      canvas.draw(
          artwork.raster(vocabulary.object(placed.object()), scene.style(), side),
          placed.x() * width - side / 2,
          placed.y() * height - side / 2,
          side);
    }
    return canvas.image();
  }
}
