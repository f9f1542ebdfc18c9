package io.lssgen.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.GoldenSingleFiles.Original;
import io.lssgen.model.GoldenSingleFiles.Target;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.flux.FluxTransformer;
import io.lssgen.model.sd3.Sd3Config;
import io.lssgen.model.sd3.Sd3Transformer;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.t5.T5Encoder;
import io.lssgen.model.unet.UNet;
import io.lssgen.model.unet.UNetConfig;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.nn.Parameters;
import io.lssgen.schedule.Schedulers;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterShapes;
import io.lssgen.weights.SafetensorsFile;
import io.lssgen.weights.TensorInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The tables of names against the complete lists of the published files and what diffusers makes of
 * them (tools/golden/single_file_keys.py), in files of full size without values; exact.
 */
class SingleFileKeysParityTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "sd15, Stable Diffusion 1.5, StableDiffusionPipeline",
    "sdxl, SDXL, StableDiffusionXLPipeline",
    "playground, Playground v2.5, StableDiffusionXLPipeline",
    "flux-dev, FLUX.1 dev, FluxPipeline",
    "flux-schnell, FLUX.1 schnell, FluxPipeline",
    "sd3-medium, Stable Diffusion 3 medium, StableDiffusion3Pipeline",
    "sd35-medium, Stable Diffusion 3.5 medium, StableDiffusion3Pipeline",
    "sd35-large, Stable Diffusion 3.5 large, StableDiffusion3Pipeline"
  })
  void everyTensorGoesWhereDiffusersSendsIt(String kind, String name, String pipeline) {
    List<Original> originals = GoldenSingleFiles.originals(kind);
    Path file = folder.resolve(kind + ".safetensors");
    GoldenSingleFiles.writeHollow(file, originals);

    ModelIndex index = ModelIndex.read(file);

    assertThat(index.kind()).isEqualTo(name);
    assertThat(index.pipeline()).isEqualTo(pipeline);
    assertThat(originals.stream().filter(o -> o.targets().isEmpty()).map(Original::name))
        .allMatch(unused -> unused.matches(".*(position_ids|logit_scale)|edm_mean|edm_std"));
    Set<String> components = new TreeSet<>();
    originals.forEach(o -> o.targets().forEach(target -> components.add(target.component())));
    assertThat(components)
        .hasSizeGreaterThanOrEqualTo(kind.startsWith("flux") ? 1 : kind.startsWith("sd35") ? 2 : 3);
    components.forEach(component -> assertComponent(index, component, originals));
  }

  /** The same names, and more channels in the first layer. */
  @ParameterizedTest
  @CsvSource({
    "sd15, Stable Diffusion 1.5 inpainting, StableDiffusionInpaintPipeline, unet, 320x9x3x3",
    "sdxl, SDXL inpainting, StableDiffusionXLInpaintPipeline, unet, 320x9x3x3",
    "flux-dev, FLUX.1 Fill dev, FluxFillPipeline, transformer, 3072x384"
  })
  void inpaintingModelsAreTold(
      String kind, String name, String pipeline, String component, String first) {
    List<Long> shape = Stream.of(first.split("x")).map(Long::valueOf).toList();
    List<Original> originals =
        GoldenSingleFiles.originals(kind).stream()
            .map(
                o ->
                    o.name().matches("(.*diffusion_model.input_blocks.0.0|img_in).weight")
                        ? new Original(o.name(), shape, o.targets())
                        : o)
            .toList();
    Path file = folder.resolve(kind + ".safetensors");
    GoldenSingleFiles.writeHollow(file, originals);

    ModelIndex index = ModelIndex.read(file);

    assertThat(index.kind()).isEqualTo(name);
    assertThat(index.pipeline()).isEqualTo(pipeline);
    assertComponent(index, component, originals);
  }

  /** Of the same tensors as FLUX.1-dev's: told by its file's name. */
  @Test
  void kontextGoesByItsName() {
    Path file = folder.resolve("flux1-Kontext-dev-Q4_0.safetensors");
    GoldenSingleFiles.writeHollow(file, GoldenSingleFiles.originals("flux-dev"));

    ModelIndex index = ModelIndex.read(file);

    assertThat(index.kind()).isEqualTo("FLUX.1 Kontext dev");
    assertThat(index.pipeline()).isEqualTo("FluxKontextPipeline");
  }

  /** Its other parts are FLUX.1-dev's, whose folder may complete it; what it is, it says itself. */
  @Test
  void kontextGoesWithTheFolderOfFluxDev() throws IOException {
    Path file = folder.resolve("flux1-kontext-dev.safetensors");
    GoldenSingleFiles.writeHollow(file, GoldenSingleFiles.originals("flux-dev"));
    Path dev = Files.createDirectories(folder.resolve("dev/transformer")).getParent();
    Files.writeString(dev.resolve("model_index.json"), "{\"_class_name\": \"FluxPipeline\"}");
    Files.writeString(
        dev.resolve("transformer/config.json"),
        "{\"_class_name\": \"FluxTransformer2DModel\", \"in_channels\": 32}");

    ModelIndex index = ModelIndex.read(file, ModelParts.OWN.folder(dev));

    assertThat(index.pipeline()).isEqualTo("FluxKontextPipeline");
    assertThat(index.config("transformer").integer("in_channels", 0)).isEqualTo(64);
  }

  @Test
  void originalAutoencoderOfFluxIsReadBesideATransformer() {
    List<Original> originals = GoldenSingleFiles.originals("flux-vae");
    Path vae = folder.resolve("ae.safetensors");
    GoldenSingleFiles.writeHollow(vae, originals);
    Path file = folder.resolve("flux.safetensors");
    GoldenSingleFiles.writeHollow(file, GoldenSingleFiles.originals("flux-dev"));

    assertComponent(ModelIndex.read(file, ModelParts.OWN.replace("vae", vae)), "vae", originals);
  }

  /** Prefixes that other programs write give the same. */
  @Test
  void fluxMayCarryTheNetworksPrefix() {
    List<Original> originals =
        GoldenSingleFiles.originals("flux-dev").stream()
            .map(o -> new Original("model.diffusion_model." + o.name(), o.shape(), o.targets()))
            .toList();
    Path file = folder.resolve("flux.safetensors");
    GoldenSingleFiles.writeHollow(file, originals);

    assertComponent(ModelIndex.read(file), "transformer", originals);
  }

  private static void assertComponent(
      ModelIndex index, String component, List<Original> originals) {
    try (Checkpoint weights = index.weights(component);
        SafetensorsFile file = SafetensorsFile.open(weights.files().get(0).path())) {
      Set<String> expected = new TreeSet<>();
      for (Original original : originals) {
        assertPlaces(component, original, file.entry(original.name()), weights, expected);
      }
      assertThat(weights.names()).containsExactlyInAnyOrderElementsOf(expected);
      assertThat(shapes(weights)).isEqualTo(wanted(index, component));
    }
  }

  /** Each part's bytes are those of the original, the first part's first. */
  private static void assertPlaces(
      String component,
      Original original,
      TensorInfo stored,
      Checkpoint weights,
      Set<String> expected) {
    long at = stored.begin();
    for (Target target : original.targets()) {
      if (target.component().equals(component)) {
        TensorInfo part = weights.entry(target.name());
        assertThat(part.begin()).as(target.name()).isEqualTo(at);
        assertThat(part.elements()).as(target.name()).isEqualTo(part.end() - part.begin());
        at = part.end();
        assertThat(expected.add(target.name())).as(target.name()).isTrue();
      }
    }
    if (at != stored.begin()) {
      assertThat(at).as(original.name()).isEqualTo(stored.end());
    }
  }

  private static Map<String, String> shapes(Checkpoint weights) {
    return weights.names().stream()
        .collect(
            Collectors.toMap(
                name -> name,
                name -> Arrays.toString(weights.entry(name).shape()),
                (a, b) -> a,
                TreeMap::new));
  }

  private static Map<String, String> wanted(ModelIndex index, String component) {
    ModelConfig config = index.config(component);
    Consumer<Parameters> model =
        switch (index.components().get(component)) {
          case "UNet2DConditionModel" -> p -> new UNet(p, UNetConfig.of(config));
          case "AutoencoderKL" -> p -> new AutoencoderKl(p, AutoencoderKlConfig.of(config));
          case "SD3Transformer2DModel" -> p -> new Sd3Transformer(p, Sd3Config.of(config));
          case "T5EncoderModel" -> p -> new T5Encoder(p, T5Config.of(config));
          case "FluxTransformer2DModel" -> p -> new FluxTransformer(p, FluxConfig.of(config));
          default -> p -> new ClipTextModel(p, ClipTextConfig.of(config));
        };
    Map<String, String> shapes = new TreeMap<>();
    ParameterShapes.of(model).forEach((name, s) -> shapes.put(name, Arrays.toString(s)));
    if (index.pipeline().startsWith("StableDiffusion3") && component.equals("text_encoder")) {
      shapes.remove("text_projection.weight"); // CLIP-L's is not in the files
    }
    return shapes;
  }

  @ParameterizedTest
  @CsvSource({
    "sd15, PNDMScheduler, <|endoftext|>, <|endoftext|>, 49407",
    "sdxl, EulerDiscreteScheduler, <|endoftext|>, !, 0",
    "playground, EDMDPMSolverMultistepScheduler, <|endoftext|>, !, 0"
  })
  void publishedSchedulersAndTokenizers(
      String kind, String scheduler, String pad, String secondPad, long secondId) {
    Path file = folder.resolve("x.safetensors");
    GoldenSingleFiles.writeHollow(file, GoldenSingleFiles.originals(kind));
    ModelIndex index = ModelIndex.read(file);

    assertThat(index.config("scheduler").text("_class_name")).isEqualTo(scheduler);
    assertThat(Schedulers.of(index.config("scheduler"))).isNotNull();
    assertThat(index.config("tokenizer").text("pad_token")).isEqualTo(pad);
    assertThat(index.clipTokenizer("tokenizer").padId()).isEqualTo(49407);
    assertThat(index.tokenLimit("tokenizer", 1000)).isEqualTo(77);
    String second = kind.equals("sd15") ? "tokenizer" : "tokenizer_2";
    assertThat(index.config(second).text("pad_token")).isEqualTo(secondPad);
    assertThat(index.clipTokenizer(second).padId()).isEqualTo((int) secondId);
    assertThat(index.flag("force_zeros_for_empty_prompt", false)).isEqualTo(!kind.equals("sd15"));
  }

  @Test
  void playgroundsLatentsHaveStatistics() {
    PublishedModel model = PublishedModel.of("playground");
    AutoencoderKlConfig vae = AutoencoderKlConfig.of(model.components().get("vae").config());
    assertThat(vae.latentScale().means()).containsExactly(-1.6574, 1.886, -1.383, 2.5155);
    for (String kind : new String[] {"flux-dev", "flux-schnell"}) {
      PublishedModel flux = PublishedModel.of(kind);
      assertThat(Schedulers.of(flux.components().get("scheduler").config())).isNotNull();
    }
  }
}
