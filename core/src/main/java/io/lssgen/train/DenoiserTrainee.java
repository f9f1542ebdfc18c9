package io.lssgen.train;

import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.text.Tokenizer;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Trains a FLUX transformer together with its text encoders by rectified flow (arXiv 2209.03003;
 * logit-normal timesteps as in arXiv 2403.03206, section 3.1): the velocity from data to noise at
 * {@code (1 − σ)·data + σ·noise}. A share of the captions is emptied for classifier-free guidance
 * (arXiv 2207.12598).
 */
public final class DenoiserTrainee implements Trainee {
  /**
   * How to train.
   *
   * @param batch pictures of a micro-batch
   * @param captionDropout share of captions that are emptied, [0, 1)
   * @param logitMean mean of the timesteps' logit; above 0 puts more weight on noisy images
   * @param clipLength tokens of CLIP's captions
   * @param t5Length tokens of T5's captions
   * @param computeType type of the forward and backward pass
   */
  public record Settings(
      int batch,
      double captionDropout,
      double logitMean,
      int clipLength,
      int t5Length,
      DType computeType,
      long seed) {}

  private final FluxParts.Config config;
  private final Settings settings;
  private final CaptionedImages data;
  private final LatentCache latents;
  private final Tokenizer clipTokenizer;
  private final Tokenizer t5Tokenizer;
  private final TrainableParameters parameters;
  private final FluxParts model;
  private final Exporter exporter;
  private final Prefetcher<Batch> batches;

  /** Writes pictures and models; the sampler's and the folder's business, not the loss's. */
  public interface Exporter {
    void samples(FlatParameters weights, Path file);

    void model(FlatParameters weights, Path folder);
  }

  private record Batch(long[] items, long[] clipIds, long[] t5Ids) {}

  DenoiserTrainee(
      FluxParts.Config config,
      Settings settings,
      CaptionedImages data,
      LatentCache latents,
      Tokenizer clipTokenizer,
      Tokenizer t5Tokenizer,
      Exporter exporter) {
    this.config = config;
    this.settings = settings;
    this.data = data;
    this.latents = latents;
    this.clipTokenizer = clipTokenizer;
    this.t5Tokenizer = t5Tokenizer;
    this.exporter = exporter;
    try (Rng rng = new Rng(settings.seed())) {
      parameters = TrainableParameters.fresh(p -> new FluxParts(p, config).close(), rng);
    }
    model = new FluxParts(Parameters.of(parameters), config);
    batches = new Prefetcher<>(this::batch, 4);
  }

  private Batch batch(long index) {
    int size = settings.batch();
    SplittableRandom random = new SplittableRandom(Seeds.mix(settings.seed() + 1, index));
    long[] items = new long[size];
    long[] clipIds = new long[size * settings.clipLength()];
    long[] t5Ids = new long[size * settings.t5Length()];
    for (int i = 0; i < size; i++) {
      items[i] = random.nextLong(latents.count());
      boolean dropped = random.nextDouble() < settings.captionDropout();
      String caption = dropped ? "" : data.caption(items[i], random.nextLong(Long.MAX_VALUE));
      copy(clipTokenizer, caption, clipIds, i, settings.clipLength());
      copy(t5Tokenizer, caption, t5Ids, i, settings.t5Length());
    }
    return new Batch(items, clipIds, t5Ids);
  }

  private static void copy(Tokenizer tokenizer, String text, long[] ids, int row, int length) {
    System.arraycopy(tokenizer.encode(text, length).ids(), 0, ids, row * length, length);
  }

  @Override
  public TrainableParameters parameters() {
    return parameters;
  }

  @Override
  public int batchSize() {
    return settings.batch();
  }

  @Override
  public Loss loss(long index) {
    Batch batch = batches.get(index);
    int size = settings.batch();
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(Seeds.mix(settings.seed(), index))) {
      Tensor clean = latents.get(batch.items()).to(DType.F32); // [B, C, h, w]
      Tensor noise = rng.randn(clean.shape());
      Tensor sigmas = rng.randn(size).add(settings.logitMean()).sigmoid(); // [B]
      Tensor noisy = Flow.mix(clean, noise, sigmas.reshape(size, 1, 1, 1));
      FluxParts.Text text =
          model.encode(
              Tensors.of(batch.clipIds(), size, settings.clipLength()),
              Tensors.of(batch.t5Ids(), size, settings.t5Length()),
              settings.computeType());
      Tensor guidance = Tensors.ones(DType.F32, size);
      Tensor velocity = model.velocity(noisy.to(settings.computeType()), sigmas, text, guidance);
      Tensor total = velocity.to(DType.F32).sub(noise.sub(clean)).square().mean();
      return new Loss(scope.keep(total), Map.of());
    }
  }

  @Override
  public void writeSamples(FlatParameters weights, Path file) {
    exporter.samples(weights, file);
  }

  @Override
  public void export(FlatParameters weights, Path folder) {
    exporter.model(weights, folder);
  }

  /** The configurations of the parts that are trained. */
  FluxParts.Config config() {
    return config;
  }

  @Override
  public void close() {
    batches.close();
    model.close();
    parameters.close();
  }
}
