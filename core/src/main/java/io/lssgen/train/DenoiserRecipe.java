package io.lssgen.train;

import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How a training file describes a family of denoisers: one implementation for each. */
interface DenoiserRecipe {
  /** The section of the denoiser itself, which tells the families apart. */
  String section();

  /** The sections of the other parts. */
  Set<String> otherSections();

  /** The fields of the section {@code training} that only this family has. */
  Set<String> fields();

  /** Whether a run with a teacher begins with the teacher's weights unless told otherwise. */
  boolean beginsAsTeacher();

  /** Learns vocabularies and writes them, the file that is waited for last. */
  void writeTokenizers(List<String> captions, Source source);

  /** Reads the sections. */
  Lesson read(Source source);

  /**
   * What a recipe reads from.
   *
   * @param training the section of that name
   * @param tokenizers the folder that holds {@code tokenizer} and {@code tokenizer_2}
   * @param autoencoder whose latents are denoised
   * @param things how many things the pictures show, nothing among them
   * @param channelWeights of the loss, fp32 [1, C, 1, 1]; null where all channels count alike
   * @param type to compute in
   */
  record Source(
      TrainingConfig config,
      ModelConfig training,
      Path tokenizers,
      AutoencoderKlConfig autoencoder,
      int things,
      @Nullable Tensor channelWeights,
      DType type) {
    /** The field of {@link #telling()}. */
    static final String POOLED_DROPOUT = "pooled_dropout";

    /** The process with errors that count by channel, if they do. */
    NoiseProcess weighted(NoiseProcess process) {
      return channelWeights == null ? process : new WeightedChannels(process, channelWeights);
    }

    /** What the denoiser is told of the data. */
    Telling telling() {
      return config.checked(() -> new Telling(training.number(POOLED_DROPOUT, 0)));
    }

    Path tokenizer(int number) {
      return tokenizers.resolve(number == 1 ? "tokenizer" : "tokenizer_2");
    }
  }

  /**
   * What is trained, and against what.
   *
   * @param objective the caller's to close
   * @param teacher weights of the objective's teacher, which die with it; null where it has none
   */
  record Lesson(DenoiserFamily family, Objective objective, @Nullable ComponentWeights teacher) {}
}
