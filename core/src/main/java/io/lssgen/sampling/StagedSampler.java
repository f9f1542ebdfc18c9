package io.lssgen.sampling;

import io.lssgen.scaling.LatentScaler;
import io.lssgen.schedule.Schedule;
import io.lssgen.schedule.Scheduler;
import io.lssgen.schedule.Stepper;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The sampling loop of latent space scaling (arXiv 2507.16154): denoise at the smallest size down
 * to the clean latent, double its sides, add noise again, denoise on. With a plan of one stage it
 * is the plain pipeline.
 *
 * <p>Latents stay fp32 between steps, whatever type the denoiser runs in.
 *
 * <p>Legend: B batch, C channels, h and w the stage's latents.
 *
 * @param scheduler the same that the plan was made with
 * @param scaler doubles the sides between two stages
 * @param listener hears of every stage and step
 * @param cancellation is asked before every evaluation
 */
public record StagedSampler(
    Scheduler scheduler,
    LatentScaler scaler,
    ProgressListener listener,
    Cancellation cancellation) {

  /**
   * Walks all stages.
   *
   * @param batch B
   * @param channels C
   * @param predictors the denoiser as each stage wants it
   * @param noise draws in the order that {@link NoiseSource} names
   * @return the clean latents of each stage, [B, C, h, w] fp32, the last being the result; they
   *     belong to the scope that is open around the call
   */
  public List<Tensor> sample(
      StagePlan plan,
      int batch,
      int channels,
      Function<Stage, Predictor> predictors,
      NormalSource noise) {
    return sample(plan, batch, channels, predictors, noise, null);
  }

  /**
   * Walks all stages, from a picture on.
   *
   * @param initial the picture's latents at each stage's size; what they draw comes before the
   *     stage's noise; null for pure noise
   */
  public List<Tensor> sample(
      StagePlan plan,
      int batch,
      int channels,
      Function<Stage, Predictor> predictors,
      NormalSource noise,
      @Nullable Function<Stage, InitialLatents> initial) {
    try (GradMode off = GradMode.disabled();
        TensorScope run = TensorScope.open()) {
      List<Tensor> clean = new ArrayList<>();
      for (Stage stage : plan.stages()) {
        InitialLatents known = initial == null ? null : initial.apply(stage);
        listener.stageStarted(stage);
        Tensor n = noise.draw(stage.latentShape(batch, channels));
        KeptLatents kept = known == null ? null : KeptLatents.of(known, n);
        Tensor z =
            clean.isEmpty()
                ? first(known, n, stage.schedule())
                : renoise(clean.get(clean.size() - 1), kept, n, stage.schedule(), noise);
        Predictor denoiser = predictors.apply(stage);
        clean.add(
            denoise(stage, z, known == null ? denoiser : known.showing(denoiser), noise, kept));
      }
      return run.keepAll(clean);
    }
  }

  private Tensor first(@Nullable InitialLatents known, Tensor n, Schedule schedule) {
    return known != null && known.begin() != null
        ? scheduler.addNoise(known.begin(), n, schedule)
        : scheduler.initialLatents(n.copy(), schedule); // closed on the way, and n may be kept
  }

  /** The next stage's beginning: the last one's clean latent, doubled, at the first kept level. */
  private Tensor renoise(
      Tensor clean, @Nullable KeptLatents kept, Tensor n, Schedule schedule, NormalSource noise) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor doubled = scaler.scale(clean, noise); // [B, C, 2h, 2w]
      Tensor sharp = kept == null ? doubled : kept.putBackClean(doubled);
      return scope.keep(scheduler.addNoise(sharp, n, schedule));
    }
  }

  /**
   * One stage: from the first level of its schedule down to the clean latent.
   *
   * @param noisy [B, C, h, w] fp32 at the first level; closed on the way
   * @param kept what of a picture stays; null: nothing
   * @return same shape, fp32
   */
  private Tensor denoise(
      Stage stage,
      Tensor noisy,
      Predictor predictor,
      NormalSource noise,
      @Nullable KeptLatents kept) {
    listener.denoisingStarted(stage);
    Tensor z = noisy;
    try (Stepper stepper = scheduler.stepper(stage.schedule(), noise)) {
      for (int step = 1; stepper.hasNext(); step++) {
        cancellation.check();
        Tensor next;
        try (TensorScope scope = TensorScope.open()) {
          Tensor at = z;
          Tensor prediction = predictor.predict(stepper.input(at), stepper.timestep());
          listener.stepDone(stage, step, () -> clean(stepper, at, prediction, kept));
          next = stepper.step(at, prediction);
          next = scope.keep(kept == null ? next : kept.putBack(next, stepper));
        }
        z.close(); // else every step's latents would live as long as the run
        z = next;
      }
    }
    listener.stageDone(stage, z);
    return z;
  }

  private static Tensor clean(
      Stepper stepper, Tensor latents, Tensor prediction, @Nullable KeptLatents kept) {
    Tensor clean = stepper.clean(latents, prediction);
    return kept == null ? clean : kept.putBackClean(clean);
  }
}
