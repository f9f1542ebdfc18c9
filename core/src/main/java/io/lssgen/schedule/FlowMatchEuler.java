package io.lssgen.schedule;

import io.lssgen.errors.UsageException;
import io.lssgen.schedule.FlowMatchEulerConfig.TimeShift;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import java.util.OptionalDouble;

/**
 * The straight paths of rectified flow (arXiv 2209.03003; the shift: arXiv 2403.03206, section
 * 5.3.2), with the levels of diffusers' {@code FlowMatchEulerDiscreteScheduler} as its FLUX and
 * Stable Diffusion 3 pipelines call it, which differ in where sigmas end ({@link
 * FlowMatchEulerConfig.Spacing}). Between levels it goes by Euler's method as that class does, or
 * by another one of {@link FlowMatchEulerConfig#METHODS}.
 *
 * <p>A latent at level σ is (1 − σ)·clean + σ·noise; the denoiser predicts noise − clean. The
 * dynamic shift mu is linear in the image's tokens and, other than in diffusers, never above its
 * maximum: that is what the staged pipelines (arXiv 2507.16154) do beyond 1024 × 1024.
 *
 * <p>Latents stay fp32 between steps. In fp32 that is diffusers' arithmetic to the bit; with a bf16
 * denoiser diffusers rounds its latents to bf16 after every step, and this does not.
 */
public final class FlowMatchEuler implements Scheduler {
  private static final Preconditioning PATHS = new Preconditioning.Straight();

  private final FlowMatchEulerConfig config;

  public FlowMatchEuler(FlowMatchEulerConfig config) {
    this.config = config;
  }

  /** The settings. */
  public FlowMatchEulerConfig config() {
    return config;
  }

  @Override
  public String name() {
    return config.method().label();
  }

  @Override
  public Tail tail() {
    return Tail.TIMESTEP;
  }

  @Override
  public Schedule schedule(int steps, long imageTokens) {
    if (steps < 1 || steps > config.trainingTimesteps()) {
      throw new UsageException(
          "steps must be between 1 and " + config.trainingTimesteps() + ", found " + steps);
    }
    OptionalDouble mu =
        config.dynamicShifting() ? OptionalDouble.of(mu(imageTokens)) : OptionalDouble.empty();
    float[] sigmas = new float[steps + 1];
    double last = lastLevel(steps);
    double stride = steps == 1 ? 0 : (last - 1) / (steps - 1);
    for (int i = 0; i < steps; i++) {
      double linear = i == steps - 1 && i > 0 ? last : 1 + i * stride;
      sigmas[i] = isEven() ? shift((float) linear, mu) : shiftWide(linear, mu);
    }
    if (config.terminal().isPresent()) {
      stretch(sigmas, steps, (float) (1 - config.terminal().getAsDouble()));
    }
    if (config.spread() != SigmaSpread.TIMESTEPS) {
      spread(sigmas, steps);
    }
    float[] timesteps = new float[steps];
    for (int i = 0; i < steps; i++) {
      timesteps[i] = sigmas[i] * config.trainingTimesteps();
    }
    Schedule schedule = new Schedule(timesteps, sigmas, mu);
    return config.method() == SamplingMethod.HEUN
        ? schedule.visited(Schedule.Visits.TWICE)
        : schedule;
  }

  /** Moves the levels between the first and the last. */
  private void spread(float[] sigmas, int steps) {
    double[] moved = config.spread().sigmas(steps, sigmas[0], sigmas[steps - 1]);
    for (int i = 0; i < steps; i++) {
      sigmas[i] = (float) moved[i];
    }
  }

  /** The shift for this number of image tokens, at most that of the largest trained size. */
  public double mu(long imageTokens) {
    double slope =
        (config.maxShift() - config.baseShift()) / (config.maxTokens() - config.baseTokens());
    double intercept = config.baseShift() - slope * config.baseTokens();
    return Math.min(imageTokens, config.maxTokens()) * slope + intercept;
  }

  private boolean isEven() {
    return config.spacing() == FlowMatchEulerConfig.Spacing.EVEN;
  }

  /** Before the shift, of a schedule of more than one step; the first is 1. */
  private double lastLevel(int steps) {
    if (isEven()) {
      return 1.0 / steps;
    }
    float trained = 1f / config.trainingTimesteps();
    return config.dynamicShifting() ? trained : shift(trained, OptionalDouble.empty());
  }

  /** In fp64 and rounded at the end, as numpy computes where levels are the scheduler's own. */
  private float shiftWide(double sigma, OptionalDouble mu) {
    if (mu.isEmpty()) {
      return (float) (config.shift() * sigma / (1 + (config.shift() - 1) * sigma));
    }
    double e = shiftStrength(mu.getAsDouble());
    return (float) (e / (e + (1 / sigma - 1)));
  }

  private double shiftStrength(double mu) {
    return config.timeShift() == TimeShift.EXPONENTIAL ? Math.exp(mu) : mu;
  }

  /** fp32 operation by operation, as numpy and torch compute it. */
  private float shift(float sigma, OptionalDouble mu) {
    if (mu.isEmpty()) {
      return (float) config.shift() * sigma / (1 + (float) (config.shift() - 1) * sigma);
    }
    float e = (float) shiftStrength(mu.getAsDouble());
    return e / (e + (1 / sigma - 1));
  }

  /** Stretches the levels away from 1 so that the last one is the terminal. */
  private static void stretch(float[] sigmas, int steps, float room) {
    if (steps == 1) {
      throw new UsageException("this model's scheduler (shift_terminal) needs at least 2 steps");
    }
    float scale = (1 - sigmas[steps - 1]) / room;
    for (int i = 0; i < steps; i++) {
      sigmas[i] = 1 - (1 - sigmas[i]) / scale;
    }
  }

  @Override
  public Tensor initialLatents(Tensor noise, Schedule schedule) {
    return noise;
  }

  @Override
  public Tensor addNoise(Tensor clean, Tensor noise, Schedule schedule) {
    return PATHS.noisy(schedule.sigma(0)).of(clean, noise);
  }

  @Override
  public Stepper stepper(Schedule schedule, NormalSource noise) {
    return switch (config.method()) {
      case HEUN -> new HeunStepper(schedule, PATHS, CleanClip.NONE);
      case DPMPP_2M -> new DpmSolverStepper(schedule, PATHS, DpmSolverStepper.Options.FLOW, noise);
      case DPMPP_2M_SDE ->
          new DpmSolverStepper(schedule, PATHS, DpmSolverStepper.Options.FLOW_SDE, noise);
      case LCM -> new RenewingStepper(schedule, noise, config.renewedAbove());
      case EULER -> new StraightStepper(schedule);
      default -> throw new IllegalStateException("no flow model has " + config.method());
    };
  }

  /** A step along the line that the denoiser points out. */
  private static class StraightStepper extends LevelStepper {
    StraightStepper(Schedule schedule) {
      super(schedule, PATHS);
    }

    @Override
    Tensor next(Tensor latents, Tensor prediction) {
      float delta = schedule().sigma(index() + 1) - schedule().sigma(index()); // fp32, as there
      return new Blend(1, delta).of(latents, prediction);
    }
  }

  /**
   * To where the denoiser's line ends, and back up to the next level with fresh noise: diffusers'
   * {@code stochastic_sampling}. Draws once in every such step, also if the next level is 0.
   */
  private static final class RenewingStepper extends StraightStepper {
    private final NormalSource noise;
    private final float least;

    RenewingStepper(Schedule schedule, NormalSource noise, double least) {
      super(schedule);
      this.noise = noise;
      this.least = (float) least; // the levels' own precision
    }

    @Override
    Tensor next(Tensor latents, Tensor prediction) {
      if (sigma(1) < least) {
        return super.next(latents, prediction);
      }
      Tensor clean = clean(latents, prediction);
      return PATHS.noisy(sigma(1)).of(clean, noise.draw(latents.shape()));
    }
  }
}
