package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.Mask;
import io.lssgen.image.ResampleKernel;
import io.lssgen.image.Resampler;
import io.lssgen.image.RgbImage;
import io.lssgen.model.GoldenTensors;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Runs that follow pictures, against diffusers' pipelines (tools/golden/control_nets.py): latents
 * within 1e-4 of their largest magnitude in fp32.
 */
class ControlNetRunTest {
  @TempDir static Path folder;

  private static final Map<String, TextToImage> MODELS = new HashMap<>();

  @BeforeAll
  static void openModels() throws IOException {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    for (String kind : new String[] {"sd", "sdxl", "lcm"}) {
      MODELS.put(
          kind, PipelineLoader.of(TinyModels.createDiffusion(folder.resolve(kind), kind)).load());
    }
  }

  @AfterAll
  static void closeModels() {
    MODELS.values().forEach(TextToImage::close);
    MODELS.clear();
  }

  static Stream<JsonNode> cases() throws IOException {
    return PipelineGoldens.cases("control-pipelines/cases.json");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void runsEqualDiffusers(JsonNode wanted) {
    try (TensorScope scope = TensorScope.open()) {
      assertThat(scope).isNotNull();
      GoldenTensors golden =
          GoldenTensors.read("control-pipelines/" + wanted.get("name").asText() + ".safetensors");
      GenerationRequest.Builder request = PipelineGoldens.request(wanted).plain(true);
      if (wanted.get("nets").isEmpty()) {
        request.control(new ControlPicture(PipelineGoldens.image(golden.tensor("control0"))));
      }
      for (int i = 0; i < wanted.get("nets").size(); i++) {
        JsonNode net = wanted.get("nets").get(i);
        request.control(
            new ControlPicture(
                Optional.of(net(net.get(0).asText())),
                PipelineGoldens.image(golden.tensor("control" + i)),
                net.get(1).asDouble(),
                net.get(2).asDouble(),
                net.get(3).asDouble()));
      }
      begin(request, wanted, golden);
      GenerationResult result = generate(wanted, golden, request.build());

      assertThat(result.plan().stages()).hasSize(1);
      PipelineGoldens.assertClose(result.stageLatents().get(0), golden.tensor("final"));
    }
  }

  private static void begin(
      GenerationRequest.Builder request, JsonNode wanted, GoldenTensors golden) {
    if (wanted.has("strength")) {
      RgbImage picture = PipelineGoldens.image(golden.tensor("picture"));
      double strength = wanted.get("strength").asDouble();
      if (wanted.has("mask")) {
        request.initialPicture(picture, strength, PipelineGoldens.mask(golden.tensor("mask")));
      } else {
        request.initialPicture(picture, strength);
      }
    }
  }

  private static GenerationResult generate(
      JsonNode wanted, GoldenTensors golden, GenerationRequest request) {
    String kind = wanted.get("model").asText();
    if (kind.equals("flux")) {
      try (TextToImage model = following(wanted.get("name").asText(), golden)) {
        return model.generate(request);
      }
    }
    if (!wanted.has("inpaint")) {
      return MODELS.get(kind).generate(request);
    }
    Path target = folder.resolve(wanted.get("name").asText());
    TinyModels.createInpainting(target, kind, golden.tensor("conv_in.weight"));
    try (TextToImage model = PipelineLoader.of(target).load()) {
      return model.generate(request);
    }
  }

  private static TextToImage following(String name, GoldenTensors golden) {
    Tensor first = golden.tensor("x_embedder.weight");
    return PipelineLoader.of(TinyModels.createFollowing(folder.resolve(name), first)).load();
  }

  private static Path net(String name) {
    return TinyModels.golden("control-nets/" + name);
  }

  private static ControlPicture control(String net, double strength, double start, double end) {
    byte[] rgb = new byte[96 * 64 * 3];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i * 7);
    }
    return new ControlPicture(
        Optional.of(net(net)), new RgbImage(96, 64, rgb), strength, start, end);
  }

  private static GenerationRequest.Builder staged() {
    return GenerationRequest.builder("a red apple").seed(3).steps(6).cfgScale(1).minSize(32);
  }

  private static RgbImage made(GenerationRequest request) {
    return MODELS.get("sd").generate(request).images().get(0);
  }

  /** Both stages follow it, each for itself. */
  @Test
  void stagesFollowToo() {
    GenerationRequest.Builder plain = staged().size(96, 64).minSize(32);
    RgbImage alone = made(plain.build());
    GenerationResult result =
        MODELS.get("sd").generate(staged().control(control("sd", 1, 0, 1)).size(96, 64).build());

    assertThat(result.plan().stages()).hasSize(2);
    RgbImage both = result.images().get(0);
    RgbImage first = made(staged().size(96, 64).control(control("sd", 1, 0, 0.5)).build());
    RgbImage second = made(staged().size(96, 64).control(control("sd", 1, 0.5, 1)).build());
    assertThat(Stream.of(alone, both, first, second).distinct()).hasSize(4);
    assertThat(made(staged().size(96, 64).control(control("sd", 0, 0, 1)).build()))
        .as("at strength 0")
        .isEqualTo(alone);
  }

  @Test
  void withoutASizeItHasThePicturesShape() {
    ControlPicture wide =
        new ControlPicture(net("sdxl"), new RgbImage(200, 100, new byte[200 * 100 * 3]), 1);
    assertThat(MODELS.get("sdxl").plan(staged().control(wide).build()).last())
        .extracting(stage -> stage.width() + "x" + stage.height())
        .isEqualTo("192x64");
  }

  @Test
  void filesSayIt() {
    GenerationRequest request =
        staged().control(control("sd", 0.8, 0, 0.5)).control(control("sd-b", 1, 0, 1)).build();
    GenerationMetadata metadata = MODELS.get("sd").recipe(request).metadata(3);

    assertThat(metadata.settings().get("ControlNet 0"))
        .matches(
            "Module: none, Model: sd \\[[0-9a-f]{10}], Weight: 0\\.8, Guidance Start: 0\\.0, Guidance End: 0\\.5");
    assertThat(metadata.settings().get("ControlNet 1")).contains("Model: sd-b [");
    assertThat(new RecordedRequest(metadata).followed())
        .containsExactly(new RecordedRequest.Followed(0.8, 0, 0.5), RecordedRequest.Followed.USUAL);
    assertThat(GenerationMetadata.parseParameters(metadata.toParameters()).settings())
        .isEqualTo(metadata.settings());
  }

  @Test
  void whatCannotBe() {
    TextToImage sd = MODELS.get("sd");
    ControlPicture nowhere = new ControlPicture(folder.resolve("nowhere"), half(), 1);
    assertThatThrownBy(() -> sd.generate(staged().control(control("sdxl", 1, 0, 1)).build()))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("for another UNet");
    assertThatThrownBy(() -> sd.generate(staged().control(nowhere).build()))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("there is no ControlNet");
    assertThatThrownBy(() -> sd.plan(staged().control(control("sd", 1, 0.01, 0.02)).build()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("holds none whole");
    assertThatThrownBy(() -> control("sd", -1, 0, 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("from 0 to 10");
    assertThatThrownBy(() -> control("sd", 1, 0.5, 0.5))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("to a higher one");
  }

  @Test
  void transformersTakeNone() {
    try (TextToImage flux =
        PipelineLoader.of(TinyModels.create(folder.resolve("flux"), "dev")).load()) {
      assertThatThrownBy(() -> flux.plan(staged().control(control("sd", 1, 0, 1)).build()))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("takes no ControlNets");
    }
  }

  /** In two stages, and with another picture it is another result. */
  @Test
  void fluxDepthIsScaled() {
    try (TensorScope scope = TensorScope.open();
        TextToImage model =
            following("scaled", GoldenTensors.read("control-pipelines/flux.safetensors"))) {
      assertThat(scope).isNotNull();
      RgbImage image = control("sd", 1, 0, 1).image();
      GenerationRequest.Builder request = staged().size(96, 64);
      GenerationResult result = model.generate(request.control(new ControlPicture(image)).build());

      assertThat(result.plan().stages()).hasSize(2);
      RgbImage black = new RgbImage(96, 64, new byte[96 * 64 * 3]);
      GenerationRequest other = staged().size(96, 64).control(new ControlPicture(black)).build();
      assertThat(model.generate(other).images()).isNotEqualTo(result.images());
      assertThat(result.recipe().metadata(1).settings().get("ControlNet 0"))
          .startsWith("Module: none, Model: None, Weight: 1.0");
      assertThatThrownBy(() -> model.plan(staged().build()))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("--control-image");
    }
    assertThatThrownBy(() -> MODELS.get("sd").plan(staged().control(halves()).build()))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--control-net");
    assertThatThrownBy(() -> new ControlPicture(Optional.empty(), half(), 0.5, 0, 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("a ControlNet's");
  }

  private static ControlPicture halves() {
    return new ControlPicture(half());
  }

  /** Those that the last run wanted stay, and no others. */
  @Test
  void leavesNothingBehind() {
    TextToImage sd = MODELS.get("sd");
    GenerationRequest with = staged().control(control("sd", 1, 0, 1)).images(2).build();
    GenerationRequest without = staged().size(64, 64).build();
    sd.generate(without);
    long before = LiveHandles.settled();
    for (int i = 0; i < 2; i++) {
      sd.generate(with);
      sd.generate(without);
    }
    assertThat(LiveHandles.settled()).isEqualTo(before);
  }

  /** Files that were written over are read again, those in folders, too. */
  @Test
  void filesThatChange() throws IOException {
    Path own = folder.resolve("own-net");
    Files.createDirectories(own);
    for (String name : new String[] {"config.json", "diffusion_pytorch_model.safetensors"}) {
      Files.copy(net("sd").resolve(name), own.resolve(name));
    }
    GenerationRequest request =
        staged().size(64, 64).control(new ControlPicture(own, half(), 1)).build();
    RgbImage first = made(request);
    String file = "diffusion_pytorch_model.safetensors";
    Files.write(own.resolve(file), Files.readAllBytes(net("sd-b").resolve(file)));
    Files.write(own.resolve("config.json"), Files.readAllBytes(net("sd-b").resolve("config.json")));

    assertThat(made(request)).isNotEqualTo(first);
    assertThat(made(request))
        .isEqualTo(
            made(
                staged().size(64, 64).control(new ControlPicture(net("sd-b"), half(), 1)).build()));
  }

  /** A wrong one is told before anything is made, whatever its strength and its share of steps. */
  @Test
  void wrongOnesAreToldAtOnce() {
    MODELS.get("sd").generate(staged().size(64, 64).build());
    long before = LiveHandles.settled();
    for (double strength : new double[] {0, 1}) {
      GenerationRequest request =
          staged()
              .size(64, 64)
              .control(control("sd", 1, 0, 1))
              .control(control("sdxl", strength, 0.5, 1))
              .build();
      List<String> heard = new ArrayList<>();
      assertThatThrownBy(
              () -> MODELS.get("sd").generate(request, hearing(heard), new Cancellation()))
          .isInstanceOf(ModelException.class);
      assertThat(heard).isEmpty();
    }
    MODELS.get("sd").generate(staged().size(64, 64).build());
    assertThat(LiveHandles.settled()).isEqualTo(before);
  }

  private static GenerationListener hearing(List<String> heard) {
    return new GenerationListener() {
      @Override
      public void imageStarted(int index, long seed, StagePlan plan) {
        heard.add("image " + index);
      }
    };
  }

  @Test
  void edgesThatAreCutAreTold() {
    TextToImage sd = MODELS.get("sd");
    GenerationRequest square = staged().size(64, 64).control(control("sd", 1, 0, 1)).build();
    assertThat(sd.warnings(sd.recipe(square))).anyMatch(w -> w.startsWith("the picture to follow"));
    GenerationRequest wide = staged().size(96, 64).control(control("sd", 1, 0, 1)).build();
    assertThat(sd.warnings(sd.recipe(wide))).noneMatch(w -> w.contains("picture to follow"));
  }

  /**
   * Around a mask alone, both pictures are cut alike, whatever the size of the one that is
   * followed.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void aroundAMask(int times) {
    RgbImage halves = half();
    InitialPicture begun =
        new InitialPicture(halves, 0.5, Optional.of(Mask.of(halves))).onlyMasked(8);
    RgbImage large = Resampler.resized(halves, 96 * times, 64 * times, ResampleKernel.NEAREST);
    ControlPicture control = new ControlPicture(net("sd"), large, 1);
    GenerationRequest request = staged().size(64, 64).initialPicture(begun).build();
    Stage stage = MODELS.get("sd").plan(request).last();

    byte[] cut = control.fitted(stage, Optional.of(begun)).rgb();

    byte[] seen = begun.fitted(64, 64).rgb();
    double off = 0;
    for (int i = 0; i < cut.length; i++) {
      off += Math.abs((cut[i] & 0xff) - (seen[i] & 0xff));
    }
    assertThat(off / cut.length).as("levels apart").isLessThan(4);
  }

  private static RgbImage half() {
    byte[] rgb = new byte[96 * 64 * 3];
    for (int i = 0; i < rgb.length; i++) {
      rgb[i] = (byte) (i / 3 % 96 < 48 ? 255 : 0);
    }
    return new RgbImage(96, 64, rgb);
  }
}
