package io.lssgen.train;

import java.time.Duration;

/** Settings of a training loop for tests: what a test is about is named, the rest is as usual. */
final class LoopSettings {
  private final LearningRate learningRate;
  private AdamW.Settings adam = new AdamW.Settings(0.9, 0.95, 1e-8, 0.01, false);
  private int accumulation = 1;
  private int workers = 1;
  private double gradientClip = 1;
  private double emaDecay = 0.9;
  private int logEvery = 100;
  private int sampleEvery = 100;

  private LoopSettings(LearningRate learningRate) {
    this.learningRate = learningRate;
  }

  static LoopSettings with(LearningRate learningRate) {
    return new LoopSettings(learningRate);
  }

  static LoopSettings constant(double rate, long steps) {
    return with(new LearningRate(LearningRate.Schedule.CONSTANT, rate, 0, steps, 0));
  }

  LoopSettings optimizer(AdamW.Settings value) {
    adam = value;
    return this;
  }

  LoopSettings microBatches(int each, int atOnce) {
    accumulation = each;
    workers = atOnce;
    return this;
  }

  LoopSettings gradientClip(double value) {
    gradientClip = value;
    return this;
  }

  LoopSettings emaDecay(double value) {
    emaDecay = value;
    return this;
  }

  LoopSettings logEvery(int steps) {
    logEvery = steps;
    return this;
  }

  LoopSettings sampleEvery(int steps) {
    sampleEvery = steps;
    return this;
  }

  TrainingLoop.Settings settings() {
    return new TrainingLoop.Settings(
        learningRate,
        adam,
        accumulation,
        workers,
        gradientClip,
        emaDecay,
        logEvery,
        sampleEvery,
        Duration.ofHours(1));
  }
}
