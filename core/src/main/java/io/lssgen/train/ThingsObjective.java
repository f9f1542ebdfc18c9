package io.lssgen.train;

import io.lssgen.model.Conditioning;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The data themselves, as {@link DataObjective}, and with them what is where, by cross entropy.
 * Half-way through the denoiser, linear readers of its tokens must tell the thing that each lies on
 * and which part of it: their states are aligned with what is known of the pictures, as REPA (arXiv
 * 2410.06940) aligns them with another network's, so that which words belong where, and what shape
 * a thing has, is learnt from the first steps on, not from the last differences of squared errors.
 * Half-way between the caption and them, a linear reader of the words must tell where each will
 * find what it names ({@link WordPlaces}): "left of" sends one noun to one side and the other to
 * the other, which a text encoder learns far sooner where it is asked than through a denoiser. The
 * readers are not exported.
 */
record ThingsObjective(NoiseProcess noise, Telling telling, Weights weights) implements Objective {
  static final String ERROR = "error";
  static final String THINGS = "things";
  static final String PARTS = "parts";
  static final String WORDS = "words";

  /**
   * What counts how much. The denoiser does not run, and text encoders learn alone, where all of
   * the first three are 0.
   *
   * @param error of the squared error
   * @param things of what the denoiser's tokens tell
   * @param parts of which part of their thing they tell that they hold
   * @param words of where words take to be what they name
   */
  record Weights(double error, double things, double parts, double words) {
    static final Weights ERROR_ALONE = new Weights(1, 0, 0, 0);

    Weights {
      if (!(error >= 0 && things >= 0 && parts >= 0 && words >= 0)) {
        throw new IllegalArgumentException(
            "error, things, parts and words must be at least 0, found %s, %s, %s and %s"
                .formatted(error, things, parts, words));
      }
      if (error + things + parts + words == 0) {
        throw new IllegalArgumentException(
            "wanted one of error, things, parts and words above 0, found none; there is nothing"
                + " to learn");
      }
    }

    boolean denoises() {
      return error + asks() > 0;
    }

    /** Of all that tokens are asked. */
    double asks() {
      return things + parts;
    }
  }

  /** Weighted parts, each kept by its name for the log. */
  private static final class Sum {
    private final Map<String, Double> parts = new HashMap<>();
    private Tensor total = Tensors.zeros(DType.F32);

    void add(String name, Tensor part, double weight) {
      parts.put(name, part.item());
      total = total.add(part.mul(weight));
    }

    /** Adds what logits miss of the right numbers, unless nothing was asked. */
    void ask(String name, @Nullable Tensor logits, long[] right, double weight) {
      if (logits != null) {
        add(name, missed(logits, right), weight);
      }
    }
  }

  @Override
  public Trainee.Loss loss(DenoiserModel model, Pictures pictures, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      Sum sum = new Sum();
      Conditioning text =
          weights.denoises()
              ? denoise(model, pictures, rng, sum)
              : model.encode(pictures.captions());
      if (weights.words() > 0) {
        DenoiserModel.Told told = model.readWords(text, pictures.captions(), pictures.mentions());
        sum.ask(WORDS, told.logits(), told.places(), weights.words());
      }
      return new Trainee.Loss(scope.keep(sum.total), sum.parts);
    }
  }

  /** The text that the denoiser was told. */
  private Conditioning denoise(DenoiserModel model, Pictures pictures, Rng rng, Sum sum) {
    NoiseProcess.Noised noised = noise.apply(pictures.clean(), rng);
    Conditioning text = telling.text(model, pictures, rng);
    Tensor scales = Telling.scales(model, pictures);
    if (weights.asks() == 0) {
      Tensor said = model.predict(noised.latents(), noised.times(), text, scales);
      sum.add(ERROR, noised.loss(said), weights.error());
      return text;
    }
    DenoiserModel.Read read = model.read(noised.latents(), noised.times(), text, scales);
    sum.add(ERROR, noised.loss(read.predicted()), weights.error());
    sum.ask(THINGS, read.things(), pictures.things(), weights.things());
    sum.ask(PARTS, read.parts(), pictures.parts(), weights.parts());
    return text;
  }

  /** 0 where nothing can be told, as in a batch of empty captions. */
  private static Tensor missed(Tensor told, long[] numbers) {
    if (Arrays.stream(numbers).allMatch(each -> each == Functional.NO_CLASS)) {
      return told.sum().mul(0); // part of the graph, unlike a constant
    }
    return Functional.crossEntropy(told, Tensors.of(numbers, numbers.length));
  }

  @Override
  public boolean wantsThings() {
    return true;
  }

  @Override
  public void close() {}
}
