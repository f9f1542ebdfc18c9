package io.lssgen.schedule;

/**
 * What a diffusion model says about latents α·clean + σ·noise. v is α·noise − σ·clean of the
 * variance-preserving latents (arXiv 2202.00512).
 */
enum Prediction {
  /** The noise. */
  EPSILON {
    @Override
    Blend clean(double alpha, double sigma) {
      return new Blend(1 / alpha, -sigma / alpha);
    }
  },
  /** The velocity. */
  V_PREDICTION {
    @Override
    Blend clean(double alpha, double sigma) {
      double square = alpha * alpha + sigma * sigma; // 1 where variance is preserved
      return new Blend(alpha / square, -sigma / Math.sqrt(square));
    }
  },
  /** The clean latents. */
  SAMPLE {
    @Override
    Blend clean(double alpha, double sigma) {
      return new Blend(0, 1);
    }
  };

  /** The clean latents, from noisy latents α·clean + σ·noise and the prediction. */
  abstract Blend clean(double alpha, double sigma);

  /** Reads {@code prediction_type}; {@code supported} are the types that diffusers has. */
  static Prediction of(SchedulerFields fields, Prediction... supported) {
    Prediction found = fields.choice("prediction_type", EPSILON);
    for (Prediction each : supported) {
      if (each == found) {
        return found;
      }
    }
    throw fields.wrong(
        "prediction_type", "a type that this scheduler has", SchedulerFields.label(found));
  }
}
