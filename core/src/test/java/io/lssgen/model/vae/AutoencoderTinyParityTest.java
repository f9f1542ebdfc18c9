package io.lssgen.model.vae;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.model.GoldenTensors;
import io.lssgen.model.LatentCodec;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against diffusers (tools/golden/flux_components.py); max abs error 1e-4. */
class AutoencoderTinyParityTest {
  private static final double TOLERANCE = 1e-4;
  private static final Path FOLDER = ROOT.resolve("tiny-autoencoder");
  private static final Path ENCODER = FOLDER.resolve("tae_encoder.safetensors");
  private static final Path DECODER = FOLDER.resolve("tae_decoder.safetensors");

  @TempDir Path folder;
  private final List<ParameterTree> resources = new ArrayList<>();
  private TensorScope scope;
  private GoldenTensors golden;

  @BeforeEach
  void openScope() {
    scope = TensorScope.open();
    golden = GoldenTensors.read("flux/tiny-autoencoder.safetensors");
  }

  @AfterEach
  void closeScope() {
    resources.forEach(ParameterTree::close);
    scope.close();
  }

  private static AutoencoderTiny diffusers() {
    AutoencoderTinyConfig config =
        AutoencoderTinyConfig.of(ModelConfig.read(FOLDER.resolve("config.json")));
    GoldenTensors weights =
        GoldenTensors.read("tiny-autoencoder/diffusion_pytorch_model.safetensors");
    return new AutoencoderTiny(weights.parameters(), config);
  }

  @Test
  void encodesAndDecodesFromTheDiffusersLayout() {
    AutoencoderTiny model = diffusers();

    assertThat(maxError(model.encode(golden.tensor("image")), golden.tensor("encoded")))
        .isLessThan(TOLERANCE);
    assertThat(maxError(model.decode(golden.tensor("latents")), golden.tensor("decoded")))
        .isLessThan(TOLERANCE);
  }

  @Test
  void encodesAndDecodesFromItsOwnFiles() throws IOException {
    try (Checkpoint files = Checkpoint.open(halves(ENCODER, DECODER));
        Rng rng = new Rng(1)) {
      AutoencoderTinyConfig config = AutoencoderTinyConfig.ofHalves(files);
      ParameterTree weights =
          ParameterTree.load(
              files, KeyMap.identity(), DType.F32, p -> AutoencoderTiny.original(p, config));
      resources.add(weights);
      AutoencoderTiny model = AutoencoderTiny.original(Parameters.of(weights), config);
      LatentCodec codec = new AutoencoderTinyCodec(model, DType.F32);
      assertThat(codec.channels()).isEqualTo(16);
      assertThat(codec.factor()).isEqualTo(8);

      Tensor image = golden.tensor("image");
      assertThat(maxError(codec.encode(image), golden.tensor("encoded"))).isLessThan(TOLERANCE);
      assertThat(maxError(codec.sample(image, rng::randn), golden.tensor("encoded")))
          .isLessThan(TOLERANCE);
      assertThat(maxError(codec.decode(golden.tensor("latents")), golden.tensor("decoded")))
          .isLessThan(TOLERANCE);
    }
  }

  @Test
  void theCodecScalesAndShifts() {
    AutoencoderTinyConfig plain = AutoencoderTinyConfig.original(8, 16);
    AutoencoderTinyConfig scaled =
        new AutoencoderTinyConfig(
            3, 16, 8, 8, plain.encoderBlocks(), plain.decoderBlocks(), 0.5, 0.25);
    GoldenTensors weights =
        GoldenTensors.read("tiny-autoencoder/diffusion_pytorch_model.safetensors");
    LatentCodec codec =
        new AutoencoderTinyCodec(new AutoencoderTiny(weights.parameters(), scaled), DType.F32);

    Tensor encoded = codec.encode(golden.tensor("image"));
    assertThat(maxError(encoded.div(0.5).add(0.25), golden.tensor("encoded")))
        .isLessThan(TOLERANCE);
    Tensor latents = golden.tensor("latents").add(-0.25).mul(0.5);
    assertThat(maxError(codec.decode(latents), golden.tensor("decoded"))).isLessThan(TOLERANCE);
  }

  /** The folder with both files alone. */
  private Path halves(Path encoder, Path decoder) throws IOException {
    Files.copy(encoder, folder.resolve("tae_encoder.safetensors"));
    Files.copy(decoder, folder.resolve("tae_decoder.safetensors"));
    return folder;
  }

  @Test
  void refusesFilesThatAreNotItsOwn() throws IOException {
    try (Checkpoint exchanged = Checkpoint.open(halves(DECODER, ENCODER))) {
      assertThatThrownBy(() -> AutoencoderTinyConfig.ofHalves(exchanged))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("encoder.0.weight")
          .hasMessageContaining(folder.toString());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{\"act_fn\": \"gelu\"}; act_fn wants relu, found gelu",
        "{\"upsample_fn\": \"bilinear\"}; upsample_fn wants nearest",
        "{\"upsampling_scaling_factor\": 4}; upsampling_scaling_factor",
        "{\"encoder_block_out_channels\": [8, 8, 8, 16]}; 4 equal numbers",
        "{\"num_encoder_blocks\": [1, 3]}; 2 equal numbers",
        "{\"num_decoder_blocks\": [3, 1]}; as many levels",
        "{\"scaling_factor\": 0}; scaling_factor"
      })
  void refusesConfigurationsItCannotBuild(String json, String message) {
    ModelConfig config =
        ModelConfig.parse(
            "vae/config.json",
            json.replace(
                "{\"num_encoder_blocks\"",
                "{\"encoder_block_out_channels\": [8, 8, 8], \"num_encoder_blocks\""));
    assertThatThrownBy(() -> AutoencoderTinyConfig.of(config))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(message);
  }
}
