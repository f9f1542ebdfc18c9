package io.lssgen.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.model.GoldenTensors;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoadedUpsamplerTest {
  private static final Path PUBLISHED = GoldenTensors.ROOT.resolve("upsampler-16ch");
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  @TempDir Path folder;

  @Test
  void aFolderInThePublishedLayoutLoadsAndIsFreed() {
    LoadedUpsampler.open(PUBLISHED, DType.F32).close();
    long before = LiveHandles.settled();
    try (TensorScope scope = TensorScope.open();
        LoadedUpsampler loaded = LoadedUpsampler.open(PUBLISHED, DType.F32)) {
      GoldenTensors golden = GoldenTensors.read("lssgen/upsamplers.safetensors");
      Tensor found = loaded.network().forward(golden.tensor("16ch_input"));
      assertThat(GoldenTensors.maxError(found, golden.tensor("16ch_output"))).isLessThan(1e-4);
      assertThat(scope).isNotNull();
    }
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  @Test
  void weightsOfAnotherShapeAreRefused() throws IOException {
    String config = Files.readString(PUBLISHED.resolve("config.json"));
    Files.writeString(folder.resolve("config.json"), config.replace("64", "96"));
    Files.copy(PUBLISHED.resolve(WEIGHTS), folder.resolve(WEIGHTS));
    assertThatThrownBy(() -> LoadedUpsampler.open(folder, DType.F32))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("up_blocks.1");
  }

  @Test
  void aFolderOfAnotherModelIsRefused() {
    Path autoencoder = GoldenTensors.ROOT.resolve("flux-tiny/vae");
    assertThatThrownBy(() -> LoadedUpsampler.open(autoencoder, DType.F32))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("is_up_samples");
    assertThatThrownBy(() -> LoadedUpsampler.open(folder, DType.F32))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("config.json is missing");
  }
}
