package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A run that was interrupted ends as if it had not been, whatever it trains and however. */
class TrainingResumeTest {
  private static final int STEPS = 4;
  private static final int INTERRUPTED_AFTER = 2;

  @TempDir Path root;
  private final List<AutoCloseable> resources = new ArrayList<>();

  /** What is trained, with Muon or without, and the type that it computes in. */
  private enum Run {
    AUTOENCODER_MUON(TinyTrainee.AUTOENCODER, true, DType.F32),
    DECODER(TinyTrainee.DECODER, false, DType.F32),
    DECODER_MUON(TinyTrainee.DECODER, true, DType.F32),
    UPSAMPLER(TinyTrainee.UPSAMPLER, false, DType.F32),
    DENOISER(TinyTrainee.DENOISER, false, DType.F32),
    DENOISER_MUON(TinyTrainee.DENOISER, true, DType.F32),
    XL_MUON(TinyTrainee.XL, true, DType.F32),
    XL_LCM(TinyTrainee.XL_LCM, false, DType.F32),
    AUTOENCODER_BF16(TinyTrainee.AUTOENCODER, true, DType.BF16),
    DECODER_BF16(TinyTrainee.DECODER, true, DType.BF16),
    UPSAMPLER_BF16(TinyTrainee.UPSAMPLER, true, DType.BF16),
    DENOISER_BF16(TinyTrainee.DENOISER, true, DType.BF16),
    XL_BF16(TinyTrainee.XL, true, DType.BF16),
    XL_LCM_BF16(TinyTrainee.XL_LCM, true, DType.BF16);

    private final TinyTrainee trainee;
    private final boolean muon;
    private final DType type;

    Run(TinyTrainee trainee, boolean muon, DType type) {
      this.trainee = trainee;
      this.muon = muon;
      this.type = type;
    }
  }

  @BeforeEach
  void oneThread() {
    TorchRuntime.threads(1);
  }

  @AfterEach
  void closeAll() throws Exception {
    TinyTrainees.close(resources);
  }

  /** Trains until {@code last} steps are done; two micro-batches a step. */
  private TrainingLoop.Outcome train(Run run, String name, int last) {
    return train(run, name, last, 1);
  }

  private TrainingLoop.Outcome train(Run run, String name, int last, int workers) {
    TrainingLoop.Settings settings =
        LoopSettings.with(new LearningRate(LearningRate.Schedule.COSINE, 1e-2, 1, STEPS, 0.1))
            .optimizer(new AdamW.Settings(0.9, 0.95, 1e-8, 0.01, run.muon))
            .microBatches(2, workers)
            .settings();
    try (WatchedTrainee trainee = new WatchedTrainee(run.trainee.make(run.type, root, resources))) {
      TrainingLoop loop =
          new TrainingLoop(trainee, settings, root.resolve(name), TinyTrainees.SILENT);
      trainee.onLoss(
          index -> {
            if (index == 2 * last - 1) {
              loop.stop();
            }
            return loss -> loss;
          });
      return loop.run();
    }
  }

  @ParameterizedTest
  @EnumSource(Run.class)
  void anInterruptedRunEndsBitForBitLikeAWholeOne(Run run) throws IOException {
    assertThat(train(run, "whole", STEPS)).isEqualTo(TrainingLoop.Outcome.FINISHED);
    assertThat(train(run, "parts", INTERRUPTED_AFTER)).isEqualTo(TrainingLoop.Outcome.STOPPED);
    Path whole = root.resolve("whole/checkpoint.safetensors");
    Path parts = root.resolve("parts/checkpoint.safetensors");
    assertThat(Files.mismatch(whole, parts)).isNotEqualTo(-1);

    assertThat(train(run, "parts", STEPS)).isEqualTo(TrainingLoop.Outcome.FINISHED);
    assertThat(Files.mismatch(whole, parts)).isEqualTo(-1);
  }

  /** Two sums of two do not depend on who does which. */
  @ParameterizedTest
  @EnumSource(Run.class)
  void twoWorkersEndBitForBitLikeOne(Run run) throws IOException {
    train(run, "one", STEPS, 1);
    train(run, "two", STEPS, 2);
    Path one = root.resolve("one/checkpoint.safetensors");
    Path two = root.resolve("two/checkpoint.safetensors");
    assertThat(Files.mismatch(one, two)).isEqualTo(-1);
  }
}
