package io.lssgen.train;

import io.lssgen.model.Conditioning;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Function;

/** A frozen model under classifier-free guidance (arXiv 2207.12598). */
final class GuidedTeacher implements AutoCloseable {
  private final ComponentWeights weights;
  private final DenoiserModel model;

  private GuidedTeacher(ComponentWeights weights, DenoiserModel model) {
    this.weights = weights;
    this.model = model;
  }

  /**
   * Opens a teacher.
   *
   * @param folder its model folder
   * @param make makes the model over its weights
   */
  static GuidedTeacher open(Path folder, Function<Parameters, DenoiserModel> make) {
    ComponentWeights weights = new ComponentWeights(folder);
    try {
      return new GuidedTeacher(weights, make.apply(Parameters.of(weights)));
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  /** Its weights, which die with it. */
  ComponentWeights weights() {
    return weights;
  }

  /** What it reads of B captions, and then of as many empty ones. */
  Conditioning encode(List<String> captions) {
    return encode(model, captions);
  }

  static Conditioning encode(DenoiserModel model, List<String> captions) {
    try (GradMode off = GradMode.disabled()) {
      List<String> both = new ArrayList<>(captions);
      both.addAll(Collections.nCopies(captions.size(), ""));
      return model.encode(both);
    }
  }

  /** The captions' part of what {@link #encode} makes of {@code size} captions. */
  static Conditioning first(Conditioning both, long size) {
    Tensor pooled = both.pooled();
    return new Conditioning(
        both.states().narrow(0, 0, size), pooled == null ? null : pooled.narrow(0, 0, size));
  }

  /**
   * What it says of noisy latents.
   *
   * @param noisy [B, C, h, w]
   * @param times [B]
   * @param text of 2·B, as {@link #encode} makes it
   * @param scales of guidance, fp32 [B]
   * @return fp32 [B, C, h, w]
   */
  Tensor predict(Tensor noisy, Tensor times, Conditioning text, Tensor scales) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      Both both = both(model, noisy, times, text);
      return scope.keep(
          both.away().add(both.difference().mul(scales.reshape(noisy.size(0), 1, 1, 1))));
    }
  }

  /**
   * What a model says with captions and with empty ones.
   *
   * @param towards fp32 [B, C, h, w]
   * @param away of the same shape
   */
  record Both(Tensor towards, Tensor away) {
    /** What the captions make of a difference. */
    Tensor difference() {
      return towards.sub(away);
    }
  }

  /** Without gradients; a model that takes a guidance scale is told 1. */
  static Both both(DenoiserModel model, Tensor noisy, Tensor times, Conditioning text) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      long size = noisy.size(0);
      Tensor said =
          model.predict(
              Tensors.cat(List.of(noisy, noisy), 0),
              Tensors.cat(List.of(times, times), 0),
              text,
              model.takesGuidance() ? Tensors.ones(DType.F32, 2 * size) : null);
      return new Both(scope.keep(said.narrow(0, 0, size)), scope.keep(said.narrow(0, size, size)));
    }
  }

  @Override
  public void close() {
    model.close();
    weights.close();
  }
}
