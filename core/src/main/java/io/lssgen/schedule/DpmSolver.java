package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.weights.ModelConfig;

/**
 * DPM-Solver++ 2M and, with {@code sde-dpmsolver++}, 2M SDE (arXiv 2211.01095), equal to diffusers'
 * {@code DPMSolverMultistepScheduler}. Latents keep their variance.
 */
public final class DpmSolver extends DiffusionScheduler {
  static final String CLASS_NAME = "DPMSolverMultistepScheduler";

  private final DiffusionSettings settings;
  private final SigmaRange range;
  private final DpmSolverStepper.Options options;
  private final int last;
  private final boolean cosine;

  private DpmSolver(
      DiffusionSettings settings,
      SigmaRange range,
      DpmSolverStepper.Options options,
      int last,
      boolean cosine) {
    super(options.name(), new Preconditioning.Preserving(settings.prediction()));
    this.settings = settings;
    this.range = range;
    this.options = options;
    this.last = last;
    this.cosine = cosine;
  }

  /**
   * Reads {@code scheduler_config.json}; what it leaves out has diffusers' default.
   *
   * @throws io.lssgen.errors.ModelException if a field is unknown, invalid or not supported
   */
  public static DpmSolver of(ModelConfig config) {
    SchedulerFields fields = new SchedulerFields(config);
    fields.off("use_lu_lambdas", "use_flow_sigmas", "use_dynamic_shifting");
    fields.none("variance_type");
    DiffusionSettings settings =
        DiffusionSettings.of(
            fields, DiffusionSettings.LINSPACE, NoiseTable.Terminal.FINITE, Prediction.values());
    SigmaRange range = SigmaRange.of(fields, false);
    DpmSolverStepper.Options options = DpmSolverStepper.Options.of(fields, range.endAtZero());
    int last = last(settings.table(), fields.numberOrInfinity("lambda_min_clipped"));
    boolean cosine =
        fields.choice("beta_schedule", BetaSchedule.LINEAR) == BetaSchedule.SQUAREDCOS_CAP_V2;
    fields.done();
    return new DpmSolver(settings, range, options, last, cosine);
  }

  /** One above the largest timestep whose λ is not below {@code least}. */
  private static int last(NoiseTable table, double least) {
    int last = table.timesteps();
    while (last > 1 && table.lambda(last - 1) < least) {
      last--;
    }
    return last;
  }

  /** diffusers rounds with Karras' sigmas, unless betas are cosine; otherwise it cuts off. */
  @Override
  public Schedule schedule(int steps, long imageTokens) {
    boolean rounded = range.spread() == SigmaSpread.KARRAS && !cosine;
    return settings.whole(steps, last, range, rounded, range.end(settings.table()));
  }

  @Override
  public Stepper stepper(Schedule schedule, NormalSource noise) {
    return new DpmSolverStepper(schedule, preconditioning(), options, noise);
  }
}
