package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;
import org.jspecify.annotations.Nullable;

/**
 * The unified predictor-corrector (arXiv 2302.04867) on estimates of the clean latents, equal to
 * diffusers' {@code UniPCMultistepScheduler}. The correction of a step needs no evaluation of its
 * own: it uses the next one's.
 *
 * <p>Legend: λ = log(α/σ); h the way in λ of a step; r an earlier level's distance in λ over h.
 */
public final class UniPc extends DiffusionScheduler {
  static final String CLASS_NAME = "UniPCMultistepScheduler";

  private final DiffusionSettings settings;
  private final SigmaRange range;
  private final Options options;

  /**
   * How the solver works.
   *
   * @param order 1 to 3
   * @param exponential whether B(h) is e^h − 1 ("bh2") rather than h ("bh1")
   * @param lowOrderFinal whether the order falls in a run's last steps
   */
  private record Options(int order, boolean exponential, boolean lowOrderFinal) {}

  private UniPc(DiffusionSettings settings, SigmaRange range, Options options) {
    super("unipc", new Preconditioning.Preserving(settings.prediction()));
    this.settings = settings;
    this.range = range;
    this.options = options;
  }

  /**
   * Reads {@code scheduler_config.json}; what it leaves out has diffusers' default.
   *
   * @throws io.lssgen.errors.ModelException if a field is unknown, invalid or not supported
   */
  public static UniPc of(ModelConfig config) {
    SchedulerFields fields = new SchedulerFields(config);
    fields.off("thresholding", "use_flow_sigmas", "use_dynamic_shifting");
    fields.none("solver_p", "shift_terminal");
    if (!fields.flag("predict_x0", true)) {
      throw fields.wrong("predict_x0", "true (false is not supported)", false);
    }
    fields.empty("disable_corrector");
    DiffusionSettings settings =
        DiffusionSettings.of(
            fields, DiffusionSettings.LINSPACE, NoiseTable.Terminal.FINITE, Prediction.values());
    SigmaRange range = SigmaRange.of(fields, true);
    int order = fields.integer("solver_order", 2);
    if (order < 1 || order > 3) {
      throw fields.wrong("solver_order", "1 to 3", order);
    }
    Options options =
        new Options(
            order,
            fields.text("solver_type", "bh2", "bh1").equals("bh2"),
            fields.flag("lower_order_final", true));
    fields.done();
    return new UniPc(settings, range, options);
  }

  @Override
  public Schedule schedule(int steps, long imageTokens) {
    NoiseTable table = settings.table();
    boolean rounded = range.spread() == SigmaSpread.KARRAS;
    double smallest = range.moved() ? range.min().orElse(table.sigma(0)) : table.sigma(0);
    double end = range.endAtZero() ? 0 : smallest;
    return settings.whole(steps, table.timesteps(), range, rounded, end);
  }

  @Override
  public Stepper stepper(Schedule schedule, NormalSource noise) {
    return new UniPcStepper(schedule);
  }

  private final class UniPcStepper extends LevelStepper {
    private final History estimates = new History(options.order);
    private final History corrected = new History(1);
    private int order;

    UniPcStepper(Schedule schedule) {
      super(schedule, UniPc.this.preconditioning());
    }

    @Override
    Tensor next(Tensor latents, Tensor prediction) {
      Tensor estimate = clean(latents, prediction);
      Tensor from = latents.copy();
      if (corrected.size() == 1) {
        from = update(corrected.get(0), -1, estimate);
      }
      estimates.add(estimate);
      int left = schedule().steps() - index();
      int most = options.lowOrderFinal ? Math.min(options.order, left) : options.order;
      order = Math.min(most, estimates.size());
      corrected.add(from);
      return update(from, 0, null);
    }

    /**
     * One step in the current order.
     *
     * @param start which level it begins at, seen from the current one
     * @param end the estimate at its end, for a correction; null for a prediction
     */
    private Tensor update(Tensor from, int start, @Nullable Tensor end) {
      double h = lambda(start) - lambda(start + 1); // below 0, as the exponents want it
      double growth = Math.expm1(h);
      double alpha = preconditioning().alpha(sigma(start + 1));
      double rest = preconditioning().std(sigma(start + 1)) / preconditioning().std(sigma(start));
      Tensor latest = estimates.get(0);
      Tensor next = from.mul(rest).sub(latest.mul(alpha * growth));
      double scale = alpha * (options.exponential ? growth : h);
      double[] ratios = ratios(start, end != null);
      double[] weights = weights(h, growth, ratios, end != null);
      for (int i = 0; i < ratios.length; i++) {
        Tensor other = end != null && i == ratios.length - 1 ? end : estimates.get(i + 1);
        next = next.sub(other.sub(latest).mul(scale * weights[i] / ratios[i]));
      }
      return next;
    }

    /** Earlier levels' distances over h and, for a correction, 1 for the end. */
    private double[] ratios(int start, boolean correction) {
      double[] ratios = new double[correction ? order : order - 1];
      double h = lambda(start + 1) - lambda(start);
      for (int i = 1; i < order; i++) {
        ratios[i - 1] = (lambda(start - i) - lambda(start)) / h;
      }
      if (correction) {
        ratios[order - 1] = 1;
      }
      return ratios;
    }

    private double[] weights(double h, double growth, double[] ratios, boolean correction) {
      if (ratios.length == 1 && (!correction || order == 1)) {
        return new double[] {0.5}; // the paper's choice where one equation is left
      }
      int count = ratios.length;
      double[][] equations = new double[count][count + 1];
      double phi = growth / h - 1;
      double factorial = 1;
      for (int k = 0; k < count; k++) {
        for (int i = 0; i < count; i++) {
          equations[k][i] = Math.pow(ratios[i], k);
        }
        equations[k][count] = phi * factorial / (options.exponential ? growth : h);
        factorial *= k + 2;
        phi = phi / h - 1 / factorial;
      }
      return solved(equations);
    }

    private double lambda(int ahead) {
      double sigma = sigma(ahead);
      return Math.log(preconditioning().alpha(sigma)) - Math.log(preconditioning().std(sigma));
    }

    @Override
    public void close() {
      estimates.close();
      corrected.close();
    }
  }

  /** Gauss's elimination of up to three equations, each with its right side last; in place. */
  private static double[] solved(double[][] rows) {
    int count = rows.length;
    for (int pivot = 0; pivot < count; pivot++) {
      for (int row = 0; row < count; row++) {
        double factor = row == pivot ? 0 : rows[row][pivot] / rows[pivot][pivot];
        for (int column = pivot; column <= count && row != pivot; column++) {
          rows[row][column] -= factor * rows[pivot][column];
        }
      }
    }
    double[] solution = new double[count];
    for (int row = 0; row < count; row++) {
      solution[row] = rows[row][count] / rows[row][row];
    }
    return solution;
  }
}
