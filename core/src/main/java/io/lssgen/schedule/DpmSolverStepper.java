package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;

/**
 * DPM-Solver++ with one or two earlier levels' knowledge (arXiv 2211.01095, algorithm 2; the
 * stochastic variant: its appendix F), in either space of latents.
 *
 * <p>Legend: λ = log(α/σ); h the way in λ to the next level; D the estimate of the clean latents.
 */
final class DpmSolverStepper extends LevelStepper {
  private final Options options;
  private final NormalSource noise;
  private final History estimates = new History(2);

  /**
   * How the solver works.
   *
   * @param order 1 or 2
   * @param stochastic whether every step adds fresh noise (2M SDE); each step then draws once
   * @param heun whether the second order's slope is integrated exactly instead of at the midpoint
   * @param lowOrderFinal whether runs of fewer than 15 steps end with a step of first order
   * @param eulerFinal whether all runs do
   * @param endsAtZero whether the result has sigma 0: then all runs do, too
   */
  record Options(
      int order,
      boolean stochastic,
      boolean heun,
      boolean lowOrderFinal,
      boolean eulerFinal,
      boolean endsAtZero) {
    /** What diffusers' class has unless its file says otherwise. */
    static final Options FLOW = new Options(2, false, false, true, false, true);

    /** The stochastic variant of {@link #FLOW}. */
    static final Options FLOW_SDE = new Options(2, true, false, true, false, true);

    private static final int FEW_STEPS = 15;

    /** Reads the fields that diffusers' two classes share. */
    static Options of(SchedulerFields fields, boolean endsAtZero) {
      fields.off("thresholding");
      int order = fields.integer("solver_order", 2);
      if (order < 1 || order > 2) {
        throw fields.wrong("solver_order", "1 or 2", order);
      }
      return new Options(
          order,
          fields.text("algorithm_type", "dpmsolver++", "sde-dpmsolver++").startsWith("sde"),
          fields.text("solver_type", "midpoint", "heun").equals("heun"),
          fields.flag("lower_order_final", true),
          fields.flag("euler_at_final", false),
          endsAtZero);
    }

    boolean firstOrderAtEnd(int steps) {
      return eulerFinal || endsAtZero || lowOrderFinal && steps < FEW_STEPS;
    }

    String name() {
      return "dpmsolver++" + order + (stochastic ? "m-sde" : "m");
    }
  }

  DpmSolverStepper(
      Schedule schedule, Preconditioning preconditioning, Options options, NormalSource noise) {
    super(schedule, preconditioning);
    this.options = options;
    this.noise = noise;
  }

  @Override
  Tensor next(Tensor latents, Tensor prediction) {
    Tensor latest = clean(latents, prediction);
    estimates.add(latest);
    double h = lambda(1) - lambda(0);
    double decay = options.stochastic ? Math.exp(-2 * h) : Math.exp(-h);
    double alpha = preconditioning().alpha(sigma(1));
    double std = preconditioning().std(sigma(1));
    double rest = std / preconditioning().std(sigma(0)) * (options.stochastic ? Math.exp(-h) : 1);
    Tensor next = latents.mul(rest).add(latest.mul(alpha * (1 - decay)));
    if (options.order == 2 && estimates.size() == 2 && !endsInFirstOrder()) {
      double ratio = (lambda(0) - lambda(-1)) / h;
      double weight = alpha * slopeWeight(h, decay) / ratio;
      next = next.add(latest.sub(estimates.get(1)).mul(weight));
    }
    if (options.stochastic) {
      next = next.add(noise.draw(latents.shape()).mul(std * Math.sqrt(1 - decay)));
    }
    return next;
  }

  private double slopeWeight(double h, double decay) {
    if (!options.heun) {
      return 0.5 * (1 - decay);
    }
    double exponent = options.stochastic ? -2 * h : -h;
    return (1 - decay) / exponent + 1;
  }

  private boolean endsInFirstOrder() {
    return last() && options.firstOrderAtEnd(fullSteps());
  }

  private double lambda(int ahead) {
    double sigma = sigma(ahead);
    return Math.log(preconditioning().alpha(sigma)) - Math.log(preconditioning().std(sigma));
  }

  @Override
  public void close() {
    estimates.close();
  }
}
