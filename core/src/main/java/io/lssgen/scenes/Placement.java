package io.lssgen.scenes;

/** Where the squares of objects may lie. None makes objects overlap that did not before. */
public enum Placement {
  /** Anywhere, as drawn. */
  FREE(0),

  /**
   * On cells of a sixteenth of the frame. At 256 pixels that is one latent of a factor-16
   * autoencoder: an object of one size has nearly the same latents wherever it stands, so that a
   * small model learns it from far fewer pictures.
   */
  GRID(16),

  /**
   * On cells of an eighth of the frame: at 256 pixels one token of a denoiser that packs 2×2
   * latents. An object has four sizes and, for each, the same tokens everywhere: to begin with.
   */
  COARSE(8);

  /** On either side within an object's cells, as a part of the frame. */
  private static final double MARGIN = 1.0 / 128;

  private final int cells;

  Placement(int cells) {
    this.cells = cells;
  }

  /**
   * @param alone whether the scene has no other object
   */
  SceneLayout.Place of(SceneLayout.Place drawn, boolean alone) {
    if (cells == 0) {
      return drawn;
    }
    // Among others none grows; the floor and the rounding of places are monotone, so that what
    // lay apart still does. Single objects, rarer than others, have every second size.
    double wanted = drawn.size() * cells;
    double side = (alone ? 2 * Math.rint(wanted / 2) : Math.floor(wanted)) / cells;
    return new SceneLayout.Place(
        snapped(drawn.x(), side), snapped(drawn.y(), side), side - 2 * MARGIN);
  }

  private double snapped(double centre, double side) {
    return Math.rint((centre - side / 2) * cells) / cells + side / 2;
  }
}
