package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.weights.ModelConfig;

/**
 * DPM-Solver++ (arXiv 2211.01095) with EDM's noise levels and scalings (arXiv 2206.00364), equal to
 * diffusers' {@code EDMDPMSolverMultistepScheduler}: the default of Playground v2.5. Its timesteps
 * are log(σ)/4.
 */
public final class EdmDpmSolver extends DiffusionScheduler {
  static final String CLASS_NAME = "EDMDPMSolverMultistepScheduler";

  private final EdmSettings settings;
  private final DpmSolverStepper.Options options;

  private EdmDpmSolver(EdmSettings settings, DpmSolverStepper.Options options) {
    super("edm-" + options.name(), settings.preconditioning());
    this.settings = settings;
    this.options = options;
  }

  /**
   * Reads {@code scheduler_config.json}; what it leaves out has diffusers' default.
   *
   * @throws io.lssgen.errors.ModelException if a field is unknown, invalid or not supported
   */
  public static EdmDpmSolver of(ModelConfig config) {
    SchedulerFields fields = new SchedulerFields(config);
    EdmSettings settings = EdmSettings.of(fields);
    DpmSolverStepper.Options options = DpmSolverStepper.Options.of(fields, settings.endAtZero());
    fields.done();
    return new EdmDpmSolver(settings, options);
  }

  @Override
  public Schedule schedule(int steps, long imageTokens) {
    return settings.schedule(steps);
  }

  @Override
  double initialSigma(Schedule schedule) {
    return settings.initialSigma();
  }

  @Override
  public Stepper stepper(Schedule schedule, NormalSource noise) {
    return new DpmSolverStepper(schedule, preconditioning(), options, noise);
  }
}
