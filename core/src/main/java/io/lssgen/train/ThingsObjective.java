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
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The data themselves, as {@link DataObjective}, and with them what is where, by cross entropy.
 * Half-way through the denoiser, a linear reader of its tokens must tell the thing that each lies
 * on: their states are aligned with what is known of the pictures, as REPA (arXiv 2410.06940)
 * aligns them with another network's, so that which words belong where is learnt from the first
 * steps on, not from the last differences of squared errors. Half-way between the caption and them,
 * a linear reader of the words must tell where each will find what it names ({@link WordPlaces}):
 * "left of" sends one noun to one side and the other to the other, which a text encoder learns far
 * sooner where it is asked than through a denoiser. The readers are not exported.
 */
record ThingsObjective(NoiseProcess noise, Telling telling, Weights weights) implements Objective {
  static final String ERROR = "error";
  static final String THINGS = "things";
  static final String WORDS = "words";

  /**
   * What counts how much; what is 0 is not computed.
   *
   * @param error of the squared error
   * @param things of what the denoiser's tokens tell; with it and the error at 0, text encoders
   *     learn alone
   * @param words of where words take to be what they name
   */
  record Weights(double error, double things, double words) {
    static final Weights ERROR_ALONE = new Weights(1, 0, 0);

    Weights {
      if (!(error >= 0 && things >= 0 && words >= 0)) {
        throw new IllegalArgumentException(
            "error, things and words must be at least 0, found %s, %s and %s"
                .formatted(error, things, words));
      }
      if (error + things + words == 0) {
        throw new IllegalArgumentException(
            "wanted one of error, things and words above 0, found none; there is nothing"
                + " to learn");
      }
    }

    boolean denoises() {
      return error + things > 0;
    }

    private double of(String part) {
      return switch (part) {
        case ERROR -> error;
        case THINGS -> things;
        default -> words;
      };
    }
  }

  @Override
  public Trainee.Loss loss(DenoiserModel model, Pictures pictures, Rng rng) {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> parts = new LinkedHashMap<>();
      Conditioning text =
          weights.denoises()
              ? denoise(model, pictures, rng, parts)
              : model.encode(pictures.captions());
      if (weights.words() > 0) {
        DenoiserModel.Told told = model.readWords(text, pictures.captions(), pictures.mentions());
        parts.put(WORDS, missed(told.logits(), told.places()));
      }
      Map<String, Double> values = new HashMap<>();
      Tensor total = Tensors.zeros(DType.F32);
      for (Map.Entry<String, Tensor> part : parts.entrySet()) {
        values.put(part.getKey(), part.getValue().item());
        total = total.add(part.getValue().mul(weights.of(part.getKey())));
      }
      return new Trainee.Loss(scope.keep(total), values);
    }
  }

  /** The text that the denoiser was told. */
  private Conditioning denoise(
      DenoiserModel model, Pictures pictures, Rng rng, Map<String, Tensor> parts) {
    NoiseProcess.Noised noised = noise.apply(pictures.clean(), rng);
    Conditioning text = telling.text(model, pictures, rng);
    Tensor scales = Telling.scales(model, pictures);
    if (weights.things() == 0) {
      Tensor said = model.predict(noised.latents(), noised.times(), text, scales);
      parts.put(ERROR, noised.loss(said));
      return text;
    }
    DenoiserModel.Read read = model.read(noised.latents(), noised.times(), text, scales);
    parts.put(ERROR, noised.loss(read.predicted()));
    parts.put(THINGS, missed(read.things(), pictures.things()));
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
