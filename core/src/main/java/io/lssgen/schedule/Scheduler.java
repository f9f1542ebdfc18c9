package io.lssgen.schedule;

import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;

/**
 * A sampling algorithm with its settings. Immutable and shared between runs: what changes along a
 * run is in its {@link Stepper}.
 *
 * <p>Legend: B batch, C channels, h and w latents.
 */
public interface Scheduler {
  /** The name under which users know the algorithm, for instance {@code euler}. */
  String name();

  /**
   * All noise levels of a run.
   *
   * @param steps how many, at least 1
   * @param imageTokens how many tokens the denoiser sees; shifts the schedule of some models
   * @throws io.lssgen.errors.UsageException if {@code steps} is out of range
   */
  Schedule schedule(int steps, long imageTokens);

  /** Which part of a schedule a later stage of a staged run keeps, unless the user says. */
  Tail tail();

  /**
   * The latents that a run from pure noise begins with.
   *
   * @param noise [B, C, h, w], standard normal, fp32
   * @param schedule the levels the run will visit
   */
  Tensor initialLatents(Tensor noise, Schedule schedule);

  /**
   * A clean latent at the first noise level of {@code schedule}.
   *
   * @param clean [B, C, h, w], fp32
   * @param noise of the same shape, standard normal
   * @param schedule the levels the run will visit
   */
  Tensor addNoise(Tensor clean, Tensor noise, Schedule schedule);

  /**
   * The state of one run along {@code schedule}, without history of any earlier one.
   *
   * @param noise for algorithms that draw inside a step; the others leave it alone
   */
  Stepper stepper(Schedule schedule, NormalSource noise);
}
