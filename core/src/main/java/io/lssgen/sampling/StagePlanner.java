package io.lssgen.sampling;

import io.lssgen.errors.UsageException;
import io.lssgen.schedule.Schedule;
import io.lssgen.schedule.Scheduler;
import io.lssgen.schedule.Tail;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a run into stages, as in arXiv 2507.16154. Arithmetic alone, no tensors.
 *
 * <p>Legend: W, H requested size in pixels; f pixels per latent; p latents per token, along a side;
 * m smallest size; S intermediate stages, so that the first stage is 2^S times smaller.
 *
 * @param scheduler makes each stage's schedule at the stage's own resolution
 * @param factor f
 * @param patch p
 */
public record StagePlanner(Scheduler scheduler, int factor, int patch) {
  /** Far beyond any model; keeps the arithmetic in range. */
  private static final int MAX_SIDE = 1 << 16;

  /** 16384×16384: beyond it, counts of tokens, bytes and values leave the range of an int. */
  private static final long MAX_PIXELS = 1L << 28;

  public StagePlanner {
    if (factor < 1 || patch < 1) {
      throw new IllegalArgumentException(
          "pixels per latent and latents per token must be at least 1, found "
              + factor
              + " and "
              + patch);
    }
  }

  /**
   * The stages of a run.
   *
   * @param width pixels, a multiple of f·p·2^S
   * @param height pixels, likewise
   * @param steps requested steps, at least 1
   * @throws UsageException if the request cannot be carried out as it is; for a size that does not
   *     fit, the message names the nearest that do
   */
  public StagePlan plan(int width, int height, int steps, StageOptions options) {
    require(width, height, steps, options);
    int intermediate = intermediateStages(width, height, options);
    List<Stage> stages = new ArrayList<>();
    for (int halvings = intermediate; halvings >= 0; halvings--) {
      stages.add(stage(stages.size(), width >> halvings, height >> halvings, steps, options));
    }
    return new StagePlan(stages, options, steps);
  }

  /**
   * The one stage of a run that begins with a picture.
   *
   * @param width pixels, a multiple of f·p
   * @param height pixels, likewise
   * @param steps requested steps, at least 1
   * @param strength the share of them that are taken, in (0, 1]
   * @throws UsageException if the request cannot be carried out as it is
   */
  public StagePlan planFromPicture(
      int width, int height, int steps, double strength, StageOptions options) {
    StagePlan whole = plan(width, height, steps, options.plain());
    Schedule kept = scheduler.tail().ofStrength(whole.first().schedule(), strength);
    return new StagePlan(List.of(whole.first().withSchedule(kept)), whole.options(), steps);
  }

  /** S = floor(log2(floor(min(W, H) / m))); 0 for the plain pipeline. */
  static int intermediateStages(int width, int height, StageOptions options) {
    int ratio = Math.min(width, height) / options.minSize();
    if (!options.scale() || options.startSigma() == 1 || ratio < 1) {
      return 0;
    }
    return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(ratio);
  }

  private Stage stage(int index, int width, int height, int steps, StageOptions options) {
    int latentWidth = width / factor;
    int latentHeight = height / factor;
    long tokens = (long) (latentWidth / patch) * (latentHeight / patch);
    double shortening = options.shorten() ? shortenFactor(width, height, options) : 1;
    int scheduleSteps = Math.max(1, (int) (steps / shortening));
    Schedule full = schedule(scheduleSteps, steps, tokens);
    Tail tail = options.tail().orElse(scheduler.tail());
    Schedule kept = index == 0 ? full : tail.of(full, options.startSigma());
    return new Stage(
        index, width, height, latentWidth, latentHeight, tokens, shortening, scheduleSteps, kept);
  }

  private Schedule schedule(int steps, int asked, long tokens) {
    try {
      return scheduler.schedule(steps, tokens);
    } catch (UsageException e) {
      if (steps == asked) {
        throw e;
      }
      throw new UsageException(
          "%s (to which %d steps are shortened in a stage)".formatted(e.getMessage(), asked));
    }
  }

  /** F = log2 of the base's area over the stage's, at least 1: half the side, half the steps. */
  private static double shortenFactor(int width, int height, StageOptions options) {
    double area = ((double) options.baseWidth() / width) * ((double) options.baseHeight() / height);
    return log2(Math.max(2, area));
  }

  /** Exact for powers of two, where a quotient of logarithms may miss a whole step. */
  private static double log2(double value) {
    int exponent = Math.getExponent(value);
    return exponent + Math.log(value / Math.scalb(1.0, exponent)) / Math.log(2);
  }

  private void require(int width, int height, int steps, StageOptions options) {
    if (steps < 1) {
      throw new UsageException("steps must be at least 1, found " + steps);
    }
    if (Math.min(width, height) < 1 || Math.max(width, height) > MAX_SIDE) {
      throw new UsageException(
          "width and height must be between 1 and %d pixels, found %dx%d"
              .formatted(MAX_SIDE, width, height));
    }
    if ((long) width * height > MAX_PIXELS) {
      throw new UsageException(
          "a picture may have 16384x16384 pixels, found %dx%d; ask for a smaller one"
              .formatted(width, height));
    }
    int token = factor * patch;
    if (options.scale() && options.minSize() < token) {
      throw new UsageException(
          "the smallest size must be at least %d, the side of this model's token, found %d"
              .formatted(token, options.minSize()));
    }
    if (!fits(width, height, options)) {
      throw new UsageException(
          "%dx%d does not fit: with %d intermediate stage(s) this model wants width and height in"
                  .formatted(width, height, intermediateStages(width, height, options))
              + " multiples of %d; the nearest that fit: %s"
                  .formatted(unit(width, height, options), nearest(width, height, options)));
    }
  }

  /** What both sides must be multiples of: f·p·2^S. */
  private int unit(int width, int height, StageOptions options) {
    return factor * patch << intermediateStages(width, height, options);
  }

  private boolean fits(int width, int height, StageOptions options) {
    int unit = unit(width, height, options);
    return width % unit == 0 && height % unit == 0;
  }

  /**
   * The nearest sizes below and above. Another size may have another number of stages and so
   * another unit: then it is rounded once more. The smallest size m is at least one token, so that
   * rounding up adds one stage at most, and rounding down only removes some.
   */
  private String nearest(int width, int height, StageOptions options) {
    int w = width;
    int h = height;
    while (!fits(w, h, options)) {
      int unit = unit(w, h, options);
      w += (unit - w % unit) % unit;
      h += (unit - h % unit) % unit;
    }
    String above = w + "x" + h;
    w = width;
    h = height;
    while (w > 0 && h > 0 && !fits(w, h, options)) {
      int unit = unit(w, h, options);
      w -= w % unit;
      h -= h % unit;
    }
    return w > 0 && h > 0 ? w + "x" + h + " and " + above : above;
  }
}
