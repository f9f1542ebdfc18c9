package io.lssgen.schedule;

/**
 * The noise levels that a diffusion model was trained at, by timestep. Pure Java, immutable.
 *
 * <p>A latent at timestep t is √ᾱ·clean + √(1 − ᾱ)·noise; its sigma is √((1 − ᾱ)/ᾱ).
 */
final class NoiseTable {
  /** The smallest ᾱ of schedules that divide by it, instead of 0: fp16's smallest number. */
  private static final float ALMOST_ZERO = 1f / (1 << 24);

  /** The last noise level of training. */
  enum Terminal {
    /** As the betas have it. */
    PLAIN,
    /** Pure noise (arXiv 2305.08891). */
    PURE,
    /** Almost pure noise, with a finite sigma. */
    FINITE
  }

  private final float[] alphas;

  private NoiseTable(float[] alphas) {
    this.alphas = alphas;
  }

  /** The levels of these betas, with another end if wanted. */
  static NoiseTable of(float[] betas, Terminal terminal) {
    float[] alphas = cumulative(betas);
    if (terminal != Terminal.PLAIN) {
      alphas = cumulative(rescaled(alphas));
    }
    if (terminal == Terminal.FINITE) {
      alphas[alphas.length - 1] = ALMOST_ZERO;
    }
    return new NoiseTable(alphas);
  }

  /** Products of 1 − beta, accumulated in double as torch does. */
  private static float[] cumulative(float[] betas) {
    float[] products = new float[betas.length];
    double product = 1;
    for (int i = 0; i < betas.length; i++) {
      product *= 1 - betas[i];
      products[i] = (float) product;
    }
    return products;
  }

  /** Algorithm 1 of arXiv 2305.08891: betas whose last √ᾱ is 0 and whose first is unchanged. */
  private static float[] rescaled(float[] alphas) {
    int count = alphas.length;
    float first = (float) Math.sqrt(alphas[0]);
    float last = (float) Math.sqrt(alphas[count - 1]);
    float scale = first / (first - last);
    float[] betas = new float[count];
    float before = 1;
    for (int i = 0; i < count; i++) {
      float root = ((float) Math.sqrt(alphas[i]) - last) * scale;
      float alpha = root * root;
      betas[i] = 1 - alpha / before;
      before = alpha;
    }
    return betas;
  }

  int timesteps() {
    return alphas.length;
  }

  /** ᾱ of a timestep. */
  float alpha(int timestep) {
    return alphas[timestep];
  }

  /** √((1 − ᾱ)/ᾱ); infinite at pure noise. */
  float sigma(int timestep) {
    return (float) Math.sqrt((1 - alphas[timestep]) / alphas[timestep]);
  }

  /** The sigma between two timesteps, linear in the timestep. */
  double sigmaAt(double timestep) {
    int low = (int) Math.max(0, Math.min(Math.floor(timestep), alphas.length - 1));
    if (low == timestep || low == alphas.length - 1) {
      return sigma(low);
    }
    double slope = (double) sigma(low + 1) - sigma(low);
    return slope * (timestep - low) + sigma(low);
  }

  /** The timestep that has this sigma, linear in the logarithm of sigma between two. */
  double timestepOf(double sigma) {
    double wanted = Math.log(Math.max(sigma, 1e-10));
    int low = 0;
    for (int i = 0; i < alphas.length - 1; i++) {
      if (wanted >= logSigma(i)) {
        low = i;
      }
    }
    double weight = (logSigma(low) - wanted) / (logSigma(low) - logSigma(low + 1));
    double inside = Math.max(0, Math.min(weight, 1));
    return (1 - inside) * low + inside * (low + 1);
  }

  private double logSigma(int timestep) {
    return (float) Math.log(sigma(timestep));
  }

  /** log(√ᾱ) − log(√(1 − ᾱ)), half the logarithm of the signal to noise ratio. */
  double lambda(int timestep) {
    return -logSigma(timestep);
  }
}
