package io.lssgen.scenes;

/** Where the squares of objects may lie. Neither makes objects overlap that did not before. */
public enum Placement {
  /** Anywhere, as drawn. */
  FREE {
    @Override
    SceneLayout.Place of(SceneLayout.Place drawn) {
      return drawn;
    }
  },

  /**
   * On cells of a sixteenth of the frame, with the same narrow margin inside each square. At 256
   * pixels that is one latent of a factor-16 autoencoder: an object of one size has nearly the same
   * latents wherever it stands, so that a small model learns it from far fewer pictures.
   */
  GRID {
    @Override
    SceneLayout.Place of(SceneLayout.Place drawn) {
      // Only a single small object grows; both the floor and the rounding are monotone, so that
      // what lay apart still does.
      double cells = Math.max(FEWEST, Math.floor(drawn.size() * CELLS));
      double side = cells / CELLS;
      return new SceneLayout.Place(
          snapped(drawn.x(), side), snapped(drawn.y(), side), side - MARGIN);
    }

    private double snapped(double centre, double side) {
      return Math.rint((centre - side / 2) * CELLS) / CELLS + side / 2;
    }
  };

  private static final int CELLS = 16;

  private static final int FEWEST = 4;

  /** An eighth of a cell on either side. */
  private static final double MARGIN = 0.25 / CELLS;

  abstract SceneLayout.Place of(SceneLayout.Place drawn);
}
