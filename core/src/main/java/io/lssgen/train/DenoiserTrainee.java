package io.lssgen.train;

import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.text.Tokenizer;
import java.nio.file.Path;
import java.util.List;
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
   * @param captionDropout share of captions that are emptied, [0, 1)
   * @param logitMean mean of the timesteps' logit; above 0 puts more weight on noisy images
   * @param clipLength tokens of CLIP's captions
   * @param t5Length tokens of T5's captions
   * @param computeType type of the forward and backward pass
   */
  public record Settings(
      double captionDropout,
      double logitMean,
      int clipLength,
      int t5Length,
      DType computeType,
      long seed) {
    public Settings {
      if (!(captionDropout >= 0 && captionDropout < 1)) {
        throw new IllegalArgumentException(
            "caption_dropout must be in [0, 1), found " + captionDropout);
      }
    }
  }

  private final FluxParts.Config config;
  private final Settings settings;
  private final CaptionedImages data;
  private final List<Size> sizes;
  private final Tokenizer clipTokenizer;
  private final Tokenizer t5Tokenizer;
  private final TrainableParameters parameters;
  private final FluxParts model;
  private final VelocityTarget target;
  private final Exporter exporter;
  private final Prefetcher<Batch> batches;

  /** Writes pictures and models; the sampler's and the folder's business, not the loss's. */
  public interface Exporter {
    void samples(FlatParameters weights, Path file);

    void model(FlatParameters weights, Path folder);
  }

  /**
   * Pictures of one size.
   *
   * @param batch how many make a micro-batch
   * @param share how often a micro-batch is of this size, relative to the other sizes; above 0
   */
  record Size(LatentCache latents, int batch, double share) {
    Size {
      if (!(share > 0)) {
        throw new IllegalArgumentException("sizes: share must be above 0, found " + share);
      }
    }
  }

  private record Batch(Size size, long[] items, long[] clipIds, long[] t5Ids) {}

  DenoiserTrainee(
      FluxParts.Config config,
      Settings settings,
      CaptionedImages data,
      List<Size> sizes,
      Tokenizer clipTokenizer,
      Tokenizer t5Tokenizer,
      VelocityTarget target,
      Exporter exporter) {
    this.config = config;
    this.settings = settings;
    this.data = data;
    this.sizes = List.copyOf(sizes);
    this.clipTokenizer = clipTokenizer;
    this.t5Tokenizer = t5Tokenizer;
    this.target = target;
    this.exporter = exporter;
    requireLengths();
    try (Rng rng = new Rng(settings.seed())) {
      parameters = TrainableParameters.fresh(p -> new FluxParts(p, config).close(), rng);
    }
    model = new FluxParts(Parameters.of(parameters), config);
    batches = new Prefetcher<>(this::batch, 4);
  }

  /** Fails now where the first captions would. */
  private void requireLengths() {
    clipTokenizer.encode("", settings.clipLength());
    t5Tokenizer.encode("", settings.t5Length());
    if (settings.clipLength() > config.clip().maxLength()) {
      throw new IllegalArgumentException(
          "clip_length is "
              + settings.clipLength()
              + ", but max_position_embeddings of text_encoder is "
              + config.clip().maxLength()
              + "; lower the one or raise the other");
    }
  }

  private SplittableRandom random(long index) {
    return new SplittableRandom(Seeds.mix(settings.seed() + 1, index));
  }

  private Batch batch(long index) {
    SplittableRandom random = random(index);
    Size size = chosen(random);
    long[] items = new long[size.batch()];
    long[] clipIds = new long[size.batch() * settings.clipLength()];
    long[] t5Ids = new long[size.batch() * settings.t5Length()];
    for (int i = 0; i < size.batch(); i++) {
      items[i] = random.nextLong(size.latents().count());
      boolean dropped = random.nextDouble() < settings.captionDropout();
      String caption = dropped ? "" : data.caption(items[i], random.nextLong(Long.MAX_VALUE));
      copy(clipTokenizer, caption, clipIds, i, settings.clipLength());
      copy(t5Tokenizer, caption, t5Ids, i, settings.t5Length());
    }
    return new Batch(size, items, clipIds, t5Ids);
  }

  private Size chosen(SplittableRandom random) {
    double left = random.nextDouble() * sizes.stream().mapToDouble(Size::share).sum();
    for (Size size : sizes) {
      left -= size.share();
      if (left < 0) {
        return size;
      }
    }
    return sizes.get(sizes.size() - 1);
  }

  private static void copy(Tokenizer tokenizer, String text, long[] ids, int row, int length) {
    System.arraycopy(tokenizer.encode(text, length).ids(), 0, ids, row * length, length);
  }

  @Override
  public TrainableParameters parameters() {
    return parameters;
  }

  @Override
  public int images(long index) {
    return chosen(random(index)).batch();
  }

  @Override
  public Loss loss(long index) {
    Batch batch = batches.get(index);
    int size = batch.size().batch();
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(Seeds.mix(settings.seed(), index))) {
      Tensor clean = batch.size().latents().get(batch.items()).to(DType.F32); // [B, C, h, w]
      Tensor noise = rng.randn(clean.shape());
      Tensor sigmas = rng.randn(size).add(settings.logitMean()).sigmoid(); // [B]
      Tensor noisy = Flow.mix(clean, noise, sigmas.reshape(size, 1, 1, 1));
      VelocityTarget.Sample sample =
          new VelocityTarget.Sample(
              clean,
              noise,
              noisy,
              sigmas,
              Tensors.of(batch.clipIds(), size, settings.clipLength()),
              Tensors.of(batch.t5Ids(), size, settings.t5Length()),
              config.transformer().guidance() ? target.guidance(size, rng) : null);
      Tensor total = velocity(sample).sub(target.velocity(sample)).square().mean();
      return new Loss(scope.keep(total), Map.of());
    }
  }

  private Tensor velocity(VelocityTarget.Sample sample) {
    DType type = settings.computeType();
    FluxParts.Text text = model.encode(sample.clipIds(), sample.t5Ids(), type);
    return model
        .velocity(sample.noisy().to(type), sample.sigmas(), text, sample.guidance())
        .to(DType.F32);
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
    target.close();
    model.close();
    parameters.close();
  }
}
