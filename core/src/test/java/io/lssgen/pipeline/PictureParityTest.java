package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.UsageException;
import io.lssgen.image.Mask;
import io.lssgen.image.RgbImage;
import io.lssgen.model.GoldenTensors;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
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

/**
 * Runs that begin with a picture, against diffusers' image-to-image and inpainting pipelines
 * (tools/golden/picture_pipelines.py): latents within 1e-4 of their largest magnitude in fp32.
 */
class PictureParityTest {
  @TempDir static Path folder;

  private static final Map<String, TextToImage> MODELS = new HashMap<>();

  @BeforeAll
  static void openModels() throws IOException {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    MODELS.put("flux", PipelineLoader.of(TinyModels.create(folder.resolve("flux"), "dev")).load());
    for (String kind : new String[] {"sd", "sdxl", "playground"}) {
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
    return PipelineGoldens.cases("picture-pipelines/cases.json");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void runsEqualDiffusers(JsonNode wanted) {
    String file = "picture-pipelines/" + wanted.get("name").asText() + ".safetensors";
    try (TensorScope scope = TensorScope.open()) {
      assertThat(scope).isNotNull();
      GoldenTensors golden = GoldenTensors.read(file);
      RgbImage image = PipelineGoldens.image(golden.tensor("picture"));
      double strength = wanted.get("strength").asDouble();
      GenerationRequest.Builder request = PipelineGoldens.request(wanted).plain(true);
      if (wanted.has("padding")) {
        Optional<Mask> mask = Optional.of(PipelineGoldens.mask(golden.tensor("mask")));
        request.initialPicture(
            new InitialPicture(image, strength, mask).onlyMasked(wanted.get("padding").asInt()));
      } else if (wanted.has("mask")) {
        request.initialPicture(image, strength, PipelineGoldens.mask(golden.tensor("mask")));
      } else {
        request.initialPicture(image, strength);
      }
      GenerationResult result = generate(wanted, golden, request.build());

      assertThat(result.plan().stages()).hasSize(1);
      PipelineGoldens.assertClose(result.stageLatents().get(0), golden.tensor("final"));
      if (golden.has("image_uint8")) {
        RgbImage whole = PipelineGoldens.image(golden.tensor("image_uint8"));
        RgbImage made = result.images().get(0);
        assertThat(made.width()).isEqualTo(whole.width());
        PipelineGoldens.assertPicture(made.rgb(), whole.rgb());
      }
    }
  }

  private static GenerationResult generate(
      JsonNode wanted, GoldenTensors golden, GenerationRequest request) {
    String kind = wanted.get("model").asText();
    if (wanted.has("kontext")) {
      Path target = TinyModels.createKontext(folder.resolve(wanted.get("name").asText()));
      try (TextToImage model = PipelineLoader.of(target).load()) {
        return model.generate(request);
      }
    }
    if (!wanted.has("inpaint")) {
      return MODELS.get(kind).generate(request);
    }
    Path target = folder.resolve(wanted.get("name").asText());
    TinyModels.createInpainting(
        target,
        kind,
        golden.tensor(golden.has("x_embedder.weight") ? "x_embedder.weight" : "conv_in.weight"));
    try (TextToImage model = PipelineLoader.of(target).load()) {
      assertThatThrownBy(() -> model.plan(GenerationRequest.of("a cat")))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("inpainting")
          .hasMessageContaining("mask");
      return model.generate(request);
    }
  }

  /** A model that is shown the mask begins with what is wanted in it, as others do. */
  @Test
  void anInpaintingModelBeginsWithTheContent() throws IOException {
    JsonNode wanted = named("sd-inpaint-begun");
    try (TensorScope scope = TensorScope.open()) {
      assertThat(scope).isNotNull();
      GoldenTensors golden = GoldenTensors.read("picture-pipelines/sd-inpaint-begun.safetensors");
      Optional<Mask> mask = Optional.of(PipelineGoldens.mask(golden.tensor("mask")));
      RgbImage image = PipelineGoldens.image(golden.tensor("picture"));
      InitialPicture picture = new InitialPicture(image, wanted.get("strength").asDouble(), mask);
      Path target = folder.resolve("contents");
      TinyModels.createInpainting(target, "sd", golden.tensor("conv_in.weight"));
      List<RgbImage> made = new ArrayList<>();
      try (TextToImage model = PipelineLoader.of(target).load()) {
        for (MaskedContent content : MaskedContent.values()) {
          GenerationRequest.Builder request = PipelineGoldens.request(wanted).plain(true);
          request.initialPicture(picture.beginningWith(content));
          made.add(model.generate(request.build()).images().get(0));
        }
      }
      assertThat(made).doesNotHaveDuplicates();
    }
  }

  /** In two stages, too, what the mask keeps stays to the pixel. */
  @Test
  void fluxFillIsScaled() throws IOException {
    JsonNode wanted = named("flux-fill");
    try (TensorScope scope = TensorScope.open()) {
      assertThat(scope).isNotNull();
      GoldenTensors golden = GoldenTensors.read("picture-pipelines/flux-fill.safetensors");
      RgbImage image = PipelineGoldens.image(golden.tensor("picture"));
      Mask mask = PipelineGoldens.mask(golden.tensor("mask"));
      Path target = folder.resolve("fill-scaled");
      TinyModels.createInpainting(target, "flux", golden.tensor("x_embedder.weight"));
      try (TextToImage model = PipelineLoader.of(target).load()) {
        GenerationResult result =
            model.generate(fill(wanted, new InitialPicture(image, 1, Optional.of(mask))));

        assertThat(result.plan().stages()).hasSize(2);
        RgbImage made = result.images().get(0);
        assertChangedWithin(mask, image, made);
        RgbImage other = negative(image);
        RgbImage around =
            model
                .generate(fill(wanted, new InitialPicture(other, 1, Optional.of(mask))))
                .images()
                .get(0);
        assertThat(around.crop(24, 16, 16, 16))
            .as("what lies in the mask follows what lies around it")
            .isNotEqualTo(made.crop(24, 16, 16, 16));
        InitialPicture noise =
            new InitialPicture(image, 1, Optional.of(mask)).beginningWith(MaskedContent.NOISE);
        assertThat(model.generate(fill(wanted, noise)).images().get(0))
            .as("at strength 1 nothing begins with it")
            .isEqualTo(made);
      }
    }
  }

  private static JsonNode named(String name) throws IOException {
    return cases().filter(each -> each.get("name").asText().equals(name)).findFirst().orElseThrow();
  }

  private static void assertChangedWithin(Mask mask, RgbImage image, RgbImage made) {
    int changed = 0;
    for (int i = 0; i < made.rgb().length; i++) {
      boolean anew = mask.level(i / 3 % made.width(), i / 3 / made.width()) >= Mask.ANEW;
      boolean same = made.rgb()[i] == image.rgb()[i];
      assertThat(same || anew).isTrue();
      changed += same ? 0 : 1;
    }
    assertThat(changed).isPositive();
  }

  private static RgbImage negative(RgbImage image) {
    byte[] negative = image.rgb().clone();
    for (int i = 0; i < negative.length; i++) {
      negative[i] = (byte) ~negative[i];
    }
    return new RgbImage(image.width(), image.height(), negative);
  }

  private static GenerationRequest fill(JsonNode wanted, InitialPicture picture) {
    return PipelineGoldens.request(wanted).minSize(32).initialPicture(picture).build();
  }

  @Test
  void othersDoNotLookAtPictures() {
    GenerationRequest request =
        GenerationRequest.builder("a")
            .initialPicture(InitialPicture.reference(new RgbImage(1, 1, new byte[3])))
            .build();
    assertThatThrownBy(() -> MODELS.get("flux").plan(request))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("Kontext");
  }

  /** In two stages, in the picture's shape, and with another picture it is another result. */
  @Test
  void fluxKontextIsScaled() {
    try (TensorScope scope = TensorScope.open();
        TextToImage model =
            PipelineLoader.of(TinyModels.createKontext(folder.resolve("kontext-scaled"))).load()) {
      assertThat(scope).isNotNull();
      RgbImage image =
          PipelineGoldens.image(
              GoldenTensors.read("picture-pipelines/flux-kontext.safetensors").tensor("picture"));
      GenerationRequest.Builder request =
          GenerationRequest.builder("a red apple").seed(1).steps(4).width(96).minSize(32);
      RgbImage alone = model.generate(request.height(64).build()).images().get(0);

      GenerationResult result = model.generate(request.initialPicture(image, 0.5).build());

      assertThat(result.plan().stages()).hasSize(2);
      RgbImage made = result.images().get(0);
      assertThat(List.of(made.width(), made.height())).containsExactly(96, 64);
      assertThat(made).isNotEqualTo(alone);
      RgbImage black = new RgbImage(300, 200, new byte[300 * 200 * 3]);
      GenerationRequest other = request.initialPicture(black, 0.5).build();
      assertThat(model.generate(other).images().get(0)).isNotEqualTo(made);
      assertThat(model.plan(GenerationRequest.builder("a").initialPicture(black, 1).build()).last())
          .extracting(stage -> stage.width() + "x" + stage.height())
          .as("the nearest that it was trained with")
          .isEqualTo("1248x832");
      RecordedRequest recorded = new RecordedRequest(result.recipe().metadata(1));
      assertThat(recorded.wasLookedAt()).isTrue();
      assertThat(recorded.request().build().minSize()).hasValue(32);
    }
  }
}
