package io.lssgen.schedule;

/**
 * The space that noisy latents live in, α·clean + std·noise at noise level sigma, and how the
 * denoiser's input and output are scaled there.
 */
interface Preconditioning {
  /** α. */
  double alpha(double sigma);

  /** The noise's standard deviation. */
  double std(double sigma);

  /** What the latents are multiplied with before the denoiser sees them. */
  double inputScale(double sigma);

  /** How latents and prediction make the clean latents. */
  Blend clean(double sigma);

  /** How clean latents and noise make the noisy ones. */
  default Blend noisy(double sigma) {
    return new Blend(alpha(sigma), std(sigma));
  }

  /** α² + std² = 1 (arXiv 2011.13456, VP): the latents that the model was trained with. */
  record Preserving(Prediction prediction) implements Preconditioning {
    @Override
    public double alpha(double sigma) {
      return 1 / Math.sqrt(sigma * sigma + 1);
    }

    @Override
    public double std(double sigma) {
      return Double.isInfinite(sigma) ? 1 : sigma * alpha(sigma);
    }

    @Override
    public double inputScale(double sigma) {
      return 1;
    }

    @Override
    public Blend clean(double sigma) {
      return prediction.clean(alpha(sigma), std(sigma));
    }
  }

  /** α = 1, std = sigma (VE): the same latents divided by their α. */
  record Exploding(Prediction prediction) implements Preconditioning {
    @Override
    public double alpha(double sigma) {
      return 1;
    }

    @Override
    public double std(double sigma) {
      return sigma;
    }

    @Override
    public double inputScale(double sigma) {
      return 1 / Math.sqrt(sigma * sigma + 1);
    }

    @Override
    public Blend clean(double sigma) {
      return prediction.clean(1, sigma);
    }
  }

  /** α = 1, std = sigma, and a denoiser scaled as in EDM (arXiv 2206.00364, table 1). */
  record Edm(double dataSigma, boolean velocity) implements Preconditioning {
    @Override
    public double alpha(double sigma) {
      return 1;
    }

    @Override
    public double std(double sigma) {
      return sigma;
    }

    @Override
    public double inputScale(double sigma) {
      return 1 / Math.sqrt(sigma * sigma + dataSigma * dataSigma);
    }

    @Override
    public Blend clean(double sigma) {
      double variance = sigma * sigma + dataSigma * dataSigma;
      double output = sigma * dataSigma / Math.sqrt(variance);
      return new Blend(dataSigma * dataSigma / variance, velocity ? -output : output);
    }
  }

  /** Straight paths, (1 − sigma)·clean + sigma·noise; the denoiser says noise − clean. */
  record Straight() implements Preconditioning {
    /** Of pure noise 0, also where a shift in fp32 leaves its sigma a little above 1. */
    @Override
    public double alpha(double sigma) {
      return Math.max(0, 1 - sigma);
    }

    @Override
    public double std(double sigma) {
      return sigma;
    }

    @Override
    public double inputScale(double sigma) {
      return 1;
    }

    @Override
    public Blend clean(double sigma) {
      return new Blend(1, -sigma);
    }
  }
}
