package io.lssgen.schedule;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;

/**
 * Denoising diffusion implicit models (arXiv 2010.02502, equations 12 and 16), equal to diffusers'
 * {@code DDIMScheduler}. With eta above 0 it draws once in every step.
 */
public final class Ddim extends DiffusionScheduler {
  static final String CLASS_NAME = "DDIMScheduler";

  private final DiffusionSettings settings;
  private final CleanClip clip;
  private final boolean endsClean;
  private final double eta;

  private Ddim(DiffusionSettings settings, CleanClip clip, boolean endsClean, double eta) {
    super("ddim", new Preconditioning.Preserving(settings.prediction()));
    this.settings = settings;
    this.clip = clip;
    this.endsClean = endsClean;
    this.eta = eta;
  }

  /**
   * Reads {@code scheduler_config.json}, with eta 0; what it leaves out has diffusers' default.
   *
   * @throws io.lssgen.errors.ModelException if a field is unknown, invalid or not supported
   */
  public static Ddim of(ModelConfig config) {
    SchedulerFields fields = new SchedulerFields(config);
    DiffusionSettings settings =
        DiffusionSettings.of(
            fields, DiffusionSettings.LEADING, NoiseTable.Terminal.PURE, Prediction.values());
    CleanClip clip = CleanClip.of(fields, true);
    boolean endsClean = fields.flag("set_alpha_to_one", true);
    fields.done();
    return new Ddim(settings, clip, endsClean, 0);
  }

  /**
   * The same with another eta.
   *
   * @param value 0 (no noise in steps) to 1 (as much as in ancestral sampling)
   */
  public Ddim withEta(double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new UsageException("eta must be between 0 and 1, found " + value);
    }
    return new Ddim(settings, clip, endsClean, value);
  }

  @Override
  public Schedule schedule(int steps, long imageTokens) {
    return settings.rounded(steps, endsClean);
  }

  @Override
  public Stepper stepper(Schedule schedule, NormalSource noise) {
    return new DdimStepper(schedule, noise);
  }

  private final class DdimStepper extends LevelStepper {
    private final NormalSource noise;

    DdimStepper(Schedule schedule, NormalSource noise) {
      super(schedule, Ddim.this.preconditioning());
      this.noise = noise;
    }

    @Override
    public Tensor clean(Tensor latents, Tensor prediction) {
      return clip.of(super.clean(latents, prediction));
    }

    /** ᾱ of the level that a step leads to: one whole stride down, whatever the spacing. */
    private double nextAlpha() {
      NoiseTable table = settings.table();
      int next = (int) timestep() - table.timesteps() / fullSteps();
      return next >= 0 ? table.alpha(next) : endsClean ? 1 : table.alpha(0);
    }

    @Override
    Tensor next(Tensor latents, Tensor prediction) {
      double to = nextAlpha();
      double from = settings.table().alpha((int) timestep());
      double deviation = eta * Math.sqrt((1 - to) / (1 - from) * (1 - from / to));
      Tensor epsilon = noiseIn(latents, prediction);
      Tensor next =
          clean(latents, prediction)
              .mul(Math.sqrt(to))
              .add(epsilon.mul(Math.sqrt(Math.max(0, 1 - to - deviation * deviation))));
      return eta == 0 ? next : next.add(noise.draw(latents.shape()).mul(deviation));
    }

    /** The noise that the prediction means, untouched by clipping. */
    private Tensor noiseIn(Tensor latents, Tensor prediction) {
      double alpha = preconditioning().alpha(sigma(0));
      double std = preconditioning().std(sigma(0));
      return switch (settings.prediction()) {
        case EPSILON -> prediction;
        case V_PREDICTION -> new Blend(std, alpha).of(latents, prediction);
        case SAMPLE -> new Blend(1 / std, -alpha / std).of(latents, prediction);
      };
    }
  }
}
