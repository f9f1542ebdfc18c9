package io.lssgen.sampling;

import io.lssgen.errors.UsageException;
import io.lssgen.schedule.Tail;
import java.util.Optional;

/**
 * How a run is cut into stages. The defaults are a model family's; users change single values with
 * the {@code with…} methods.
 *
 * @param scale whether there are intermediate stages at all
 * @param minSize the smallest side of a stage in pixels; halving stops before it
 * @param startSigma noise level at which later stages begin, in (0, 1]; 1: no intermediate stage
 * @param shorten whether stages below the base size get fewer steps
 * @param baseWidth pixels, the width at and above which a stage gets all its steps
 * @param baseHeight pixels
 * @param tail which part of a schedule later stages keep; empty: as the scheduler does
 */
public record StageOptions(
    boolean scale,
    int minSize,
    double startSigma,
    boolean shorten,
    int baseWidth,
    int baseHeight,
    Optional<Tail> tail) {

  public StageOptions {
    if (minSize < 1 || baseWidth < 1 || baseHeight < 1) {
      throw new UsageException(
          "the smallest size and the base size must be at least 1, found %d and %dx%d"
              .formatted(minSize, baseWidth, baseHeight));
    }
    if (!(startSigma > 0 && startSigma <= 1)) {
      throw new UsageException(
          "the start sigma must be above 0 and at most 1, found " + startSigma);
    }
  }

  /** The published defaults for FLUX: m 512, s 0.75, shortened below 1024 × 1024. */
  public static StageOptions flux() {
    return new StageOptions(true, 512, 0.75, true, 1024, 1024, Optional.empty());
  }

  /** One stage with all its steps: the plain pipeline. */
  public StageOptions plain() {
    return withScale(false).withShorten(false);
  }

  public StageOptions withScale(boolean value) {
    return new StageOptions(value, minSize, startSigma, shorten, baseWidth, baseHeight, tail);
  }

  public StageOptions withMinSize(int value) {
    return new StageOptions(scale, value, startSigma, shorten, baseWidth, baseHeight, tail);
  }

  public StageOptions withStartSigma(double value) {
    return new StageOptions(scale, minSize, value, shorten, baseWidth, baseHeight, tail);
  }

  public StageOptions withShorten(boolean value) {
    return new StageOptions(scale, minSize, startSigma, value, baseWidth, baseHeight, tail);
  }

  public StageOptions withBase(int width, int height) {
    return new StageOptions(scale, minSize, startSigma, shorten, width, height, tail);
  }

  public StageOptions withTail(Tail value) {
    return new StageOptions(
        scale, minSize, startSigma, shorten, baseWidth, baseHeight, Optional.of(value));
  }
}
