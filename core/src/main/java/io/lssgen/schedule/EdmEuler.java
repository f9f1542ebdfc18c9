package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.weights.ModelConfig;

/**
 * Euler's method with EDM's noise levels and scalings (arXiv 2206.00364), equal to diffusers'
 * {@code EDMEulerScheduler}. Its timesteps are log(σ)/4.
 */
public final class EdmEuler extends DiffusionScheduler {
  static final String CLASS_NAME = "EDMEulerScheduler";

  private final EdmSettings settings;

  private EdmEuler(EdmSettings settings) {
    super("edm-euler", settings.preconditioning());
    this.settings = settings;
  }

  /**
   * Reads {@code scheduler_config.json}; what it leaves out has diffusers' default.
   *
   * @throws io.lssgen.errors.ModelException if a field is unknown, invalid or not supported
   */
  public static EdmEuler of(ModelConfig config) {
    SchedulerFields fields = new SchedulerFields(config);
    EdmSettings settings = EdmSettings.of(fields);
    fields.done();
    return new EdmEuler(settings);
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
    return new Euler.EulerStepper(schedule, preconditioning());
  }
}
