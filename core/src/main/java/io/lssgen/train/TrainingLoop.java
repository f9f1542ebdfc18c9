package io.lssgen.train;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.FolderLock;
import io.lssgen.files.ModelFolder;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The one training loop: gradients of a few micro-batches, clipped, an AdamW step, the average; a
 * checkpoint every few minutes, a log line and pictures now and then. It ends after its last step,
 * when asked to ({@link #stop}), or when a loss is not finite; the state is saved each time, the
 * model that is written out only ever as a whole.
 */
public final class TrainingLoop {
  /**
   * How to train.
   *
   * @param learningRate its length is the run's
   * @param accumulation micro-batches per optimizer step
   * @param workers how many micro-batches are worked on at once, sharing the threads of tensor
   *     operations; 1 to {@code accumulation}. Sums are taken in another order then
   * @param gradientClip the largest norm of all gradients together; larger ones are scaled down
   * @param emaDecay decay of the weights' average per step
   * @param logEvery steps between log lines, over which losses are averaged
   * @param sampleEvery steps between pictures
   * @param checkpointEvery time between checkpoints
   */
  public record Settings(
      LearningRate learningRate,
      AdamW.Settings adam,
      int accumulation,
      int workers,
      double gradientClip,
      double emaDecay,
      int logEvery,
      int sampleEvery,
      Duration checkpointEvery) {
    public Settings {
      if (accumulation < 1 || !(gradientClip > 0) || logEvery < 1 || sampleEvery < 1) {
        throw new IllegalArgumentException(
            "training wants accumulation, log_every and sample_every of at least 1 and a"
                + " gradient_clip above 0; found "
                + accumulation
                + ", "
                + logEvery
                + ", "
                + sampleEvery
                + ", "
                + gradientClip);
      }
      if (workers < 1 || workers > accumulation) {
        throw new IllegalArgumentException(
            "workers must be from 1 to accumulation = "
                + accumulation
                + ", since each takes whole micro-batches; found "
                + workers);
      }
    }
  }

  /** How a run ended. */
  public enum Outcome {
    FINISHED,
    STOPPED
  }

  private final Trainee trainee;
  private final Settings settings;
  private final Path folder;
  private final PrintStream console;
  private final AtomicBoolean stopRequested = new AtomicBoolean();
  private final Map<String, DoubleSummaryStatistics> recorded = new LinkedHashMap<>();

  /**
   * @param folder where checkpoint, logs and pictures go; a checkpoint there is resumed
   * @param console progress for a person
   */
  public TrainingLoop(Trainee trainee, Settings settings, Path folder, PrintStream console) {
    this.trainee = trainee;
    this.settings = settings;
    this.folder = folder;
    this.console = console;
  }

  /** Asks the loop to save and end after the step it is in; from any thread. */
  public void stop() {
    stopRequested.set(true);
  }

  /**
   * Trains to the end of the schedule.
   *
   * @throws UsageException if another training uses the folder
   * @throws LssGenException if a loss or its gradient is NaN or infinite; the state before that
   *     step is saved
   */
  public Outcome run() {
    TrainableParameters parameters = trainee.parameters();
    Checkpointer checkpointer = new Checkpointer(folder);
    try (FolderLock lock = FolderLock.of(folder, inUse());
        TrainingLog log = new TrainingLog(folder);
        MicroBatches batches =
            new MicroBatches(trainee, settings.accumulation(), settings.workers());
        AdamW adam = new AdamW(settings.adam(), parameters);
        Ema ema = new Ema(settings.emaDecay(), parameters)) {
      Checkpointer.Position start = new Checkpointer.Position(0, 0);
      if (checkpointer.exists()) {
        start = checkpointer.restore(parameters, adam, ema);
        console.printf(Locale.ROOT, "resumed after step %,d%n", start.step());
      }
      State state = new State(start, batches, log, checkpointer, adam, ema);
      while (state.step < settings.learningRate().steps() && !stopRequested.get()) {
        advance(state);
      }
      state.save();
      return state.step < settings.learningRate().steps() ? stopped(state) : Outcome.FINISHED;
    }
  }

  private String inUse() {
    return "another training writes to %s; stop it, or name another folder under run"
        .formatted(folder);
  }

  private Outcome stopped(State state) {
    console.printf(
        Locale.ROOT,
        "stopped after step %,d; saved in %s; the same command goes on%n",
        state.step,
        folder);
    return Outcome.STOPPED;
  }

  private void advance(State state) {
    double learningRate = settings.learningRate().at(state.step);
    try (TensorScope scope = TensorScope.open()) {
      accumulate(state);
      double norm = clipGradients();
      // A finite loss can have gradients that are not, and one such step spoils every weight.
      requireFinite("gradients' norm", norm, state);
      try (GradMode off = GradMode.disabled()) {
        state.adam.step(trainee.parameters(), state.step + 1, learningRate);
        state.ema.update(trainee.parameters(), state.step + 1);
      }
      record("gradient_norm", norm);
    }
    state.microBatches += settings.accumulation();
    state.step++;
    if (state.step % settings.logEvery() == 0) {
      state.orSave(() -> report(state, learningRate));
    }
    if (state.step % settings.sampleEvery() == 0) {
      state.orSave(() -> sample(state));
    }
    if (System.nanoTime() - state.savedAt > settings.checkpointEvery().toNanos()) {
      state.save();
    }
  }

  private void accumulate(State state) {
    for (MicroBatches.Measured each : gradients(state)) {
      requireFinite("loss", each.loss(), state);
      record("loss", each.loss());
      each.parts().forEach(this::record);
    }
    for (int i = 0; i < settings.accumulation(); i++) {
      state.images += trainee.images(state.microBatches + i);
    }
  }

  /** Workers share the threads; what comes after them, the optimizer's step, has all. */
  private List<MicroBatches.Measured> gradients(State state) {
    int threads = TorchRuntime.threads();
    TorchRuntime.threads(Math.max(1, threads / settings.workers()));
    try {
      return state.batches.accumulate(state.microBatches);
    } finally {
      TorchRuntime.threads(threads);
    }
  }

  /**
   * For the next report, which has the mean of a name's values: some are not there in each step.
   */
  private void record(String name, double value) {
    recorded.computeIfAbsent(name, unseen -> new DoubleSummaryStatistics()).accept(value);
  }

  private void requireFinite(String what, double value, State state) {
    if (!Double.isFinite(value)) {
      state.save();
      throw new LssGenException(
          "training stopped at step "
              + (state.step + 1)
              + ": the "
              + what
              + " is "
              + value
              + "; the state before this step is saved in "
              + folder
              + ", try a lower learning rate");
    }
  }

  private double clipGradients() {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      Tensor gradients = trainee.parameters().gradients();
      double norm = norm(gradients);
      if (norm > settings.gradientClip()) {
        gradients.mulInPlace(settings.gradientClip() / norm);
      }
      return norm;
    }
  }

  private static double norm(Tensor flat) {
    double sum = 0;
    for (Part part : Part.between(0, flat.size(0))) {
      try (TensorScope scope = TensorScope.open()) {
        sum += part.of(flat).square().sum().item();
      }
    }
    return Math.sqrt(sum);
  }

  private void report(State state, double learningRate) {
    Map<String, Double> values = new LinkedHashMap<>();
    long steps = state.step - state.reportedStep;
    recorded.forEach((name, all) -> values.put(name, all.getAverage()));
    recorded.clear();
    double seconds = (System.nanoTime() - state.reportedAt) / 1e9;
    double speed = state.images / seconds;
    state.images = 0;
    state.reportedAt = System.nanoTime();
    state.reportedStep = state.step;
    values.put("learning_rate", learningRate);
    values.put("images_per_second", speed);
    state.log.write(state.step, values);
    long left = settings.learningRate().steps() - state.step;
    Duration eta = Duration.ofSeconds(Math.round(left * seconds / steps));
    StringBuilder line = new StringBuilder();
    values.forEach(
        (name, value) -> line.append(String.format(Locale.ROOT, "  %s %.4g", name, value)));
    console.printf(
        Locale.ROOT,
        "step %,d/%,d%s  left %d:%02d h%n",
        state.step,
        settings.learningRate().steps(),
        line,
        eta.toHours(),
        eta.toMinutesPart());
  }

  private void sample(State state) {
    Path file = folder.resolve(String.format(Locale.ROOT, "sample-%07d.png", state.step));
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled();
        FlatParameters weights =
            new FlatParameters(trainee.parameters().layout(), state.ema.average())) {
      trainee.writeSamples(weights, file);
    }
    // Pictures are no training: they do not count in the speed.
    state.reportedAt = System.nanoTime();
  }

  /** What changes from step to step. */
  private final class State {
    private final MicroBatches batches;
    private final TrainingLog log;
    private final Checkpointer checkpointer;
    private final AdamW adam;
    private final Ema ema;
    private long step;
    private long microBatches;
    private long reportedStep;
    private long images;
    private long savedAt = System.nanoTime();
    private long reportedAt = System.nanoTime();

    State(
        Checkpointer.Position start,
        MicroBatches batches,
        TrainingLog log,
        Checkpointer checkpointer,
        AdamW adam,
        Ema ema) {
      step = start.step();
      reportedStep = step;
      microBatches = start.microBatches();
      this.batches = batches;
      this.log = log;
      this.checkpointer = checkpointer;
      this.adam = adam;
      this.ema = ema;
    }

    /** What only tells of the training may fail, on a full disk, but takes none of it along. */
    void orSave(Runnable telling) {
      try {
        telling.run();
      } catch (RuntimeException e) {
        try {
          save();
        } catch (RuntimeException alsoFailed) {
          e.addSuppressed(alsoFailed);
        }
        throw e;
      }
    }

    void save() {
      try (TensorScope scope = TensorScope.open();
          GradMode off = GradMode.disabled();
          FlatParameters averaged =
              new FlatParameters(trainee.parameters().layout(), ema.average())) {
        checkpointer.save(
            new Checkpointer.Position(step, microBatches), trainee.parameters(), adam, ema);
        ModelFolder.replace(folder.resolve("model"), fresh -> trainee.export(averaged, fresh));
      }
      savedAt = System.nanoTime();
    }
  }
}
