package io.lssgen.train;

import static java.util.Objects.requireNonNull;

import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.text.Tokenizer;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;

/**
 * Guidance distillation (arXiv 2210.03142, section 3.1): a frozen teacher under classifier-free
 * guidance of a random scale, which the student is told through its guidance embedding. One pass of
 * the student then does what two of the teacher did.
 */
final class GuidedTeacher implements VelocityTarget {
  private final ComponentWeights weights;
  private final FluxParts teacher;
  private final DenoiserTrainee.Settings settings;
  private final double low;
  private final double high;
  private final long[] emptyClip;
  private final long[] emptyT5;

  /**
   * @param folder the teacher's model folder
   * @param low smallest guidance scale, at least 1
   * @param high largest
   */
  GuidedTeacher(
      Path folder,
      FluxParts.Config config,
      DenoiserTrainee.Settings settings,
      Tokenizer clipTokenizer,
      Tokenizer t5Tokenizer,
      double low,
      double high) {
    if (!(low >= 1 && high >= low)) {
      throw new IllegalArgumentException(
          "guidance scales must rise from at least 1, found " + low + " to " + high);
    }
    if (!config.transformer().guidance()) {
      throw new IllegalArgumentException(
          "a teacher's guidance scale reaches the student through its guidance embedding, but"
              + " guidance_embeds of transformer is false; set it to true or leave out the teacher");
    }
    this.settings = settings;
    this.low = low;
    this.high = high;
    weights = new ComponentWeights(folder);
    teacher = frozen(weights, config);
    emptyClip = clipTokenizer.encode("", settings.clipLength()).ids();
    emptyT5 = t5Tokenizer.encode("", settings.t5Length()).ids();
  }

  private static FluxParts frozen(ComponentWeights weights, FluxParts.Config config) {
    try {
      return new FluxParts(Parameters.of(weights), config);
    } catch (RuntimeException e) {
      weights.close();
      throw e;
    }
  }

  @Override
  public Tensor guidance(int size, Rng rng) {
    return rng.rand(size).mul(high - low).add(low);
  }

  @Override
  public Tensor velocity(Sample sample) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      int size = (int) sample.clean().size(0);
      FluxParts.Text text =
          teacher.encode(
              withEmpty(sample.clipIds(), emptyClip, size),
              withEmpty(sample.t5Ids(), emptyT5, size),
              settings.computeType());
      Tensor noisy = Tensors.cat(List.of(sample.noisy(), sample.noisy()), 0);
      Tensor sigmas = Tensors.cat(List.of(sample.sigmas(), sample.sigmas()), 0);
      Tensor both =
          teacher
              .velocity(
                  noisy.to(settings.computeType()),
                  sigmas,
                  text,
                  Tensors.ones(DType.F32, 2L * size))
              .to(DType.F32);
      Tensor towards = both.narrow(0, 0, size);
      Tensor away = both.narrow(0, size, size);
      Tensor scale = requireNonNull(sample.guidance(), "no scale").reshape(size, 1, 1, 1);
      return scope.keep(away.add(towards.sub(away).mul(scale)));
    }
  }

  private static Tensor withEmpty(Tensor ids, long[] empty, int size) {
    Tensor row = Tensors.of(empty, 1, empty.length);
    Tensor rows = Tensors.cat(Collections.nCopies(size, row), 0);
    return Tensors.cat(List.of(ids, rows), 0);
  }

  @Override
  public void close() {
    teacher.close();
    weights.close();
  }
}
