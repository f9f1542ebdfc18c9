package io.lssgen.schedule;

import java.util.List;

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
    if (List.of(supported).contains(found)) {
      return found;
    }
    throw fields.wrong(
        "prediction_type",
        "one of %s with this sampling method".formatted(SchedulerFields.labels(supported)),
        SchedulerFields.label(found) + "; choose another method, such as ddim or euler");
  }
}
