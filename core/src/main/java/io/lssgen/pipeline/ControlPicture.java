package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import io.lssgen.hub.ModelHub;
import io.lssgen.image.RgbImage;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A picture that a run follows: edges, depth, a pose. A ControlNet (arXiv 2302.05543) reads it, or
 * the model itself if it is made for that (FLUX.1 Depth and Canny), as it was trained to. Each
 * stage of a run sees it in the stage's own size.
 *
 * @param net the ControlNet: a folder in the diffusers layout, or a file in diffusers' or the
 *     original names; empty: the model itself, always at strength 1 and in all steps
 * @param image scaled to the wanted size; where its sides have another ratio, its middle is taken
 * @param strength what the network's states are multiplied with, from 0 to {@link #MOST}; 1 is as
 *     it was trained
 * @param start the share of the run's steps, of all stages together, before which it has no effect,
 *     from 0
 * @param end the share of them after which it has none, above {@code start}, at most 1
 */
public record ControlPicture(
    Optional<Path> net, RgbImage image, double strength, double start, double end) {
  /** The highest strength. */
  public static final double MOST = 10;

  /**
   * @throws UsageException if a number is out of its range
   */
  public ControlPicture {
    if (!(strength >= 0 && strength <= MOST)) {
      throw new UsageException(
          "the strength of a ControlNet must be from 0 to %s, found %s".formatted(MOST, strength));
    }
    if (!(start >= 0 && start < end && end <= 1)) {
      throw new UsageException(
          "a ControlNet acts from a share of the steps, at least 0, to a higher one, at most 1; found %s and %s"
              .formatted(start, end));
    }
    if (net.isEmpty() && (strength != 1 || start > 0 || end < 1)) {
      throw new UsageException(
          "strength, start and end are a ControlNet's; a model that follows pictures itself has none: name a ControlNet, or leave them out");
    }
  }

  /** Through a ControlNet, in all steps. */
  public ControlPicture(Path net, RgbImage image, double strength) {
    this(Optional.of(net), image, strength, 0, 1);
  }

  /** For a model that is made for it. */
  public ControlPicture(RgbImage image) {
    this(Optional.empty(), image, 1, 0, 1);
  }

  /** Timesteps, from the highest to the lowest at which it has an effect. */
  record Range(double first, double last) {}

  /**
   * When it has an effect in a stage. As in diffusers, it has one in a step that lies within its
   * shares from its beginning to its end.
   *
   * @return empty if in no step of the stage
   */
  Optional<Range> range(StagePlan plan, Stage stage) {
    int all = 0;
    int before = 0;
    for (Stage each : plan.stages()) {
      before += each.index() < stage.index() ? each.schedule().steps() : 0;
      all += each.schedule().steps();
    }
    int steps = stage.schedule().steps();
    int first = 0;
    while (first < steps && (double) (before + first) / all < start) {
      first++;
    }
    int last = steps - 1;
    while (last >= first && (double) (before + last + 1) / all > end) {
      last--;
    }
    if (first > last) {
      return Optional.empty();
    }
    // Where nothing ends, methods that look between levels or beyond the last see it there, too.
    return Optional.of(
        new Range(
            first == 0 ? Double.POSITIVE_INFINITY : stage.schedule().timestep(first),
            last == steps - 1 ? Double.NEGATIVE_INFINITY : stage.schedule().timestep(last)));
  }

  /**
   * Checks that it has an effect.
   *
   * @throws UsageException if it has one in no step
   */
  void requireEffect(StagePlan plan) {
    if (plan.stages().stream().allMatch(stage -> range(plan, stage).isEmpty())) {
      throw new UsageException(
          "the ControlNet %s acts from %s to %s of the steps, which holds none whole; widen it"
              .formatted(name(), start, end));
    }
  }

  /** The network's name, as files say it: that of its file or folder, without an ending. */
  String name() {
    return net.map(place -> ModelHub.nameOf(place).replaceFirst("\\.safetensors$", ""))
        .orElse("None");
  }

  /** In a stage's size, as what the run begins with is. */
  RgbImage fitted(Stage stage, Optional<InitialPicture> begun) {
    return begun
        .filter(picture -> picture.inpainting().padding().isPresent())
        .map(this::asLargeAs)
        .orElseGet(() -> new InitialPicture(image, 1))
        .fitted(stage.width(), stage.height());
  }

  /** So that what lies around the mask is the same part of both. */
  private InitialPicture asLargeAs(InitialPicture begun) {
    RgbImage sameSize =
        new InitialPicture(image, 1).fitted(begun.image().width(), begun.image().height());
    return new InitialPicture(sameSize, 1, begun.mask(), begun.inpainting());
  }

  /** Whether it loses something at its edges where pictures become so large. */
  boolean isCut(int width, int height) {
    return new InitialPicture(image, 1).isCut(width, height);
  }
}
