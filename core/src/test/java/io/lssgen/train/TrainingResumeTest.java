package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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

  /** What is trained, with Muon or without. */
  private enum Run {
    AUTOENCODER_MUON(true),
    DECODER(false),
    DECODER_MUON(true),
    UPSAMPLER(false),
    DENOISER(false),
    DENOISER_MUON(true),
    XL_MUON(true),
    XL_LCM(false);

    private final boolean muon;

    Run(boolean muon) {
      this.muon = muon;
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

  private Trainee trainee(Run run) {
    return switch (run) {
      case AUTOENCODER_MUON -> TinyTrainees.autoencoder();
      case DECODER, DECODER_MUON -> TinyTrainees.decoder();
      case UPSAMPLER -> TinyTrainees.upsampler(resources);
      case DENOISER, DENOISER_MUON -> TinyTrainees.denoiser(root, resources);
      case XL_MUON -> TinyTrainees.xl(root, resources);
      case XL_LCM -> TinyTrainees.xlLcm(root, resources);
    };
  }

  /** Trains until {@code last} steps are done; two micro-batches a step. */
  private TrainingLoop.Outcome train(Run run, String name, int last) {
    TrainingLoop.Settings settings =
        new TrainingLoop.Settings(
            new LearningRate(LearningRate.Schedule.COSINE, 1e-2, 1, STEPS, 0.1),
            new AdamW.Settings(0.9, 0.95, 1e-8, 0.01, run.muon),
            2,
            1,
            0.9,
            100,
            100,
            Duration.ofHours(1));
    try (WatchedTrainee trainee = new WatchedTrainee(trainee(run))) {
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
}
