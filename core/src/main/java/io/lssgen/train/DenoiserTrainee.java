package io.lssgen.train;

import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.scenes.Mention;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Trains a denoiser together with its text encoders on latents and captions. The {@link
 * DenoiserFamily} says what it is made of, the {@link Objective} what it learns. A share of the
 * captions is emptied for classifier-free guidance (arXiv 2207.12598).
 */
public final class DenoiserTrainee implements Trainee {
  /**
   * How to train.
   *
   * @param captionDropout share of captions that are emptied, [0, 1)
   * @param things whether the objective asks for what is at each token and for what captions name
   */
  public record Settings(double captionDropout, boolean things, long seed) {
    public Settings {
      if (!(captionDropout >= 0 && captionDropout < 1)) {
        throw new IllegalArgumentException(
            "caption_dropout must be in [0, 1), found " + captionDropout);
      }
    }
  }

  private final Settings settings;
  private final CaptionedImages data;
  private final List<Size> sizes;
  private final TrainableParameters parameters;
  private final DenoiserFamily family;
  private final Objective objective;
  private final DenoiserExporter exporter;
  private final Prefetcher<Batch> batches;

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

  private record Batch(
      Size size,
      long[] items,
      List<String> captions,
      long[] things,
      long[] parts,
      List<List<Mention>> mentions) {}

  /**
   * @param objective closed with this
   * @param exporter writes pictures and models
   */
  DenoiserTrainee(
      DenoiserFamily family,
      Settings settings,
      CaptionedImages data,
      List<Size> sizes,
      Objective objective,
      DenoiserExporter exporter) {
    this.family = family;
    this.settings = settings;
    this.data = data;
    this.sizes = List.copyOf(sizes);
    this.objective = objective;
    this.exporter = exporter;
    try (Rng rng = new Rng(settings.seed())) {
      parameters = TrainableParameters.fresh(family::ask, rng);
    }
    batches = new Prefetcher<>(this::batch, 4);
  }

  private SplittableRandom random(long index) {
    return new SplittableRandom(Seeds.mix(settings.seed() + 1, index));
  }

  private Batch batch(long index) {
    SplittableRandom random = random(index);
    Size size = chosen(random);
    long[] items = new long[size.batch()];
    List<String> captions = new ArrayList<>();
    for (int i = 0; i < size.batch(); i++) {
      items[i] = random.nextLong(size.latents().count());
      boolean dropped = random.nextDouble() < settings.captionDropout();
      captions.add(dropped ? "" : data.caption(items[i], random.nextLong(Long.MAX_VALUE)));
    }
    return new Batch(
        size,
        items,
        captions,
        tokens(size.latents(), items, data::things),
        tokens(size.latents(), items, data::parts),
        mentions(items, captions));
  }

  /** What there is to say of each token of a picture, row by row. */
  private interface Tokens {
    long[] of(long item, int rows, int columns);
  }

  /** Token by token, row by row, picture by picture; nothing if it is not asked for. */
  private long[] tokens(LatentCache latents, long[] items, Tokens tokens) {
    if (!settings.things()) {
      return new long[0];
    }
    int rows = Math.toIntExact(latents.height() / family.patch());
    int columns = Math.toIntExact(latents.width() / family.patch());
    return Arrays.stream(items)
        .flatMap(item -> Arrays.stream(tokens.of(item, rows, columns)))
        .toArray();
  }

  /** Caption by caption; nothing if it is not asked for. */
  private List<List<Mention>> mentions(long[] items, List<String> captions) {
    if (!settings.things()) {
      return List.of();
    }
    List<List<Mention>> mentions = new ArrayList<>();
    for (int i = 0; i < items.length; i++) {
      mentions.add(data.mentions(items[i], captions.get(i)));
    }
    return mentions;
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

  @Override
  public TrainableParameters parameters() {
    return parameters;
  }

  @Override
  public int images(long index) {
    return chosen(random(index)).batch();
  }

  @Override
  public Loss loss(ParameterSource weights, long index) {
    Batch batch = batches.get(index);
    try (TensorScope scope = TensorScope.open();
        // Made anew each time, since it may hold what is computed from the parameters.
        DenoiserModel model = family.model(Parameters.of(weights));
        Rng rng = new Rng(Seeds.mix(settings.seed(), index))) {
      Tensor clean = batch.size().latents().get(batch.items()).to(DType.F32); // [B, C, h, w]
      Objective.Pictures pictures =
          new Objective.Pictures(
              clean, batch.captions(), batch.things(), batch.parts(), batch.mentions());
      Loss loss = objective.loss(model, pictures, rng);
      scope.keep(loss.total());
      return loss;
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

  @Override
  public void close() {
    batches.close();
    objective.close();
    parameters.close();
  }
}
