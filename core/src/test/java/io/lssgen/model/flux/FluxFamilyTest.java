package io.lssgen.model.flux;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.model.Conditioning;
import io.lssgen.model.GoldenTensors;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LatentSpec;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelFamilies;
import io.lssgen.model.ModelIndex;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FluxFamilyTest {
  private static final Path TINY = ROOT.resolve("flux-tiny");

  @TempDir Path temporary;

  /** A copy of the tiny model that a test may damage. */
  private Path copy() throws IOException {
    try (Stream<Path> files = Files.walk(TINY)) {
      for (Path file : files.toList()) {
        Path target = temporary.resolve(TINY.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(target);
        } else {
          Files.copy(file, target);
        }
      }
    }
    return temporary;
  }

  private static void replace(Path file, String what, String with) throws IOException {
    String text = Files.readString(file);
    assertThat(text).contains(what);
    Files.writeString(file, text.replace(what, with));
  }

  private static void assertRefused(Path folder, String... parts) {
    assertThatThrownBy(() -> ModelFamilies.load(folder, LoadOptions.of(DType.F32)))
        .isInstanceOf(ModelException.class)
        .message()
        .contains(parts)
        .doesNotContain("\n");
  }

  @Test
  void loadsAndDescribesTheModel() {
    try (ImageModel model = ModelFamilies.load(TINY, LoadOptions.of(DType.F32))) {
      assertThat(model.family()).isEqualTo("FLUX.1");
      assertThat(model.latents()).isEqualTo(new LatentSpec(16, 8, 2));
      assertThat(model.denoiser().takesGuidance()).isTrue();
      assertThat(model.scheduler().text("_class_name"))
          .isEqualTo("FlowMatchEulerDiscreteScheduler");
    }
  }

  @Test
  void loadingUsingAndClosingLeavesNothingBehind() {
    loadAndUse();
    long before = LiveHandles.settled();
    loadAndUse();
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  private static void loadAndUse() {
    try (ImageModel model = ModelFamilies.load(TINY, LoadOptions.of(DType.BF16));
        Rng rng = new Rng(1);
        TensorScope scope = TensorScope.open()) {
      Conditioning text = model.prompts().encode(List.of("a red apple"));
      Tensor latents = rng.randn(2, 16, 4, 6);
      Tensor velocity = // one prompt serves both pictures
          model.denoiser().predict(latents, 500, text, OptionalDouble.of(3.5));
      assertThat(velocity.shape()).containsExactly(2, 16, 4, 6);
      Tensor images = model.codec().decode(velocity);
      assertThat(images.shape()).containsExactly(2, 3, 32, 48);
      assertThat(model.codec().sample(images, rng::randn).shape()).containsExactly(2, 16, 4, 6);
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void aTinyAutoencoderMayStandInForTheLargeOne() throws IOException {
    Path folder = copy();
    for (String file : List.of("config.json", "diffusion_pytorch_model.safetensors")) {
      Path vae = folder.resolve("vae").resolve(file);
      Files.copy(
          ROOT.resolve("tiny-autoencoder").resolve(file), vae, StandardCopyOption.REPLACE_EXISTING);
    }
    replace(folder.resolve("model_index.json"), "AutoencoderKL", "AutoencoderTiny");

    decodeAsGolden(folder);
  }

  /** The index still says AutoencoderKL: only the folder's files were exchanged. */
  @Test
  void aTinyAutoencoderMayComeInItsOwnTwoFiles() throws IOException {
    Path folder = copy();
    Path vae = folder.resolve("vae");
    for (String file : List.of("config.json", "diffusion_pytorch_model.safetensors")) {
      Files.delete(vae.resolve(file));
    }
    for (String file : List.of("tae_encoder.safetensors", "tae_decoder.safetensors")) {
      Files.copy(ROOT.resolve("tiny-autoencoder").resolve(file), vae.resolve(file));
    }
    assertThat(ModelIndex.read(folder).components()).containsEntry("vae", "AutoencoderTiny");
    decodeAsGolden(folder);
    long before = LiveHandles.settled();
    decodeAsGolden(folder);
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);

    Files.delete(vae.resolve("tae_decoder.safetensors"));
    assertRefused(folder, "vae", "config.json");
  }

  private static void decodeAsGolden(Path folder) {
    try (ImageModel model = ModelFamilies.load(folder, LoadOptions.of(DType.F32));
        TensorScope scope = TensorScope.open()) {
      GoldenTensors golden = GoldenTensors.read("flux/tiny-autoencoder.safetensors");
      Tensor decoded = model.codec().decode(golden.tensor("latents"));
      assertThat(GoldenTensors.maxError(decoded, golden.tensor("decoded"))).isLessThan(1e-4);
      Tensor encoded = model.codec().encode(golden.tensor("image"));
      assertThat(GoldenTensors.maxError(encoded, golden.tensor("encoded"))).isLessThan(1e-4);
      assertThat(model.latents()).isEqualTo(new LatentSpec(16, 8, 2));
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void guidanceMustBeGivenWhereTheModelTakesIt() {
    try (ImageModel model = ModelFamilies.load(TINY, LoadOptions.of(DType.F32));
        TensorScope scope = TensorScope.open();
        Rng rng = new Rng(1)) {
      Conditioning text = model.prompts().encode(List.of(""));
      Tensor latents = rng.randn(1, 16, 4, 4);
      assertThatThrownBy(() -> model.denoiser().predict(latents, 500, text, OptionalDouble.empty()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("guidance");
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void warnsOnlyOfWhatIsNotRead() {
    try (ImageModel model = ModelFamilies.load(TINY, LoadOptions.of(DType.F32))) {
      assertThat(model.prompts().warnings("a red apple")).isEmpty();
      assertThat(model.prompts().warnings("a red apple ".repeat(40) + "penguin"))
          .singleElement()
          .asString()
          .contains("48 tokens")
          .contains("penguin");
    }
  }

  @Test
  void namesTheFamiliesItKnows() throws IOException {
    Path folder = copy();
    replace(folder.resolve("model_index.json"), "FluxPipeline", "WanPipeline");

    assertRefused(folder, "WanPipeline", "known families: FLUX.1");
  }

  @Test
  void refusesWhatIsNoModelFolder() throws IOException {
    assertRefused(temporary.resolve("absent"), "there is no model at");
    assertRefused(temporary, "model_index.json");
    Path file = Files.writeString(temporary.resolve("model.ckpt"), "x");
    assertRefused(file, "model.ckpt", "pickle", "run any code");
  }

  @ParameterizedTest
  @CsvSource({"vae", "transformer", "text_encoder_2", "tokenizer", "scheduler"})
  void namesTheComponentThatIsMissing(String component) throws IOException {
    Path folder = copy();
    Files.move(folder.resolve(component), folder.resolve("elsewhere"));

    assertRefused(folder, "the component '" + component + "' is missing", "fetch");
  }

  @Test
  void tellsADownloadThatWasNotFinished() throws IOException {
    Path folder = copy();
    Path weights = folder.resolve("vae/diffusion_pytorch_model.safetensors");
    Files.move(weights, weights.resolveSibling("0a1b.incomplete"));
    assertRefused(folder, "no weights in", "not finished: found 0a1b.incomplete");

    Files.writeString(weights, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
    assertRefused(folder, "Git LFS pointer", "git lfs pull");

    Files.delete(weights);
    Files.writeString(
        folder.resolve("vae/diffusion_pytorch_model.safetensors.index.json"),
        "{\"weight_map\": {\"a\": \"x-1.safetensors\", \"b\": \"x-2.safetensors\"}}");
    assertRefused(
        folder, "half downloaded", "missing are 2 ('x-1.safetensors', 'x-2.safetensors')");

    Path hub = Files.createDirectories(folder.resolve(".cache/huggingface/download/transformer"));
    Files.writeString(hub.resolve("config.json.incomplete"), "");
    Files.delete(folder.resolve("model_index.json"));
    assertRefused(folder, "model_index.json", "config.json.incomplete");
  }

  @Test
  void refusesAnotherClass() throws IOException {
    Path folder = copy();
    replace(folder.resolve("model_index.json"), "AutoencoderKL", "AutoencoderDC");

    assertRefused(folder, "'vae'", "AutoencoderDC", "wanted a AutoencoderKL");
  }

  @ParameterizedTest
  @CsvSource({
    "pooled_projection_dim, 32, 48, hidden_size",
    "joint_attention_dim, 24, 32, d_model",
    "in_channels, 64, 128, latent_channels",
    "in_channels, 64, 66, multiples of 4",
    "num_attention_heads, 2, 4, of another shape",
    "num_layers, 2, 3, missing",
    "num_layers, 2, 0, not known to the model",
    "patch_size, 1, 2, patch_size",
    "attention_head_dim, 16, 20, axes_dims_rope"
  })
  void refusesConfigurationsThatDoNotFit(String field, int now, int then, String message)
      throws IOException {
    Path folder = copy();
    replace(
        folder.resolve("transformer/config.json"),
        "\"%s\": %d".formatted(field, now),
        "\"%s\": %d".formatted(field, then));

    assertRefused(folder, message);
  }
}
