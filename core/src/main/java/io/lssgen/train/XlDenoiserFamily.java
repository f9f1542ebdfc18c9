package io.lssgen.train;

import io.lssgen.nn.Parameters;
import io.lssgen.schedule.Scheduler;
import io.lssgen.schedule.Schedulers;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * SDXL's architecture: a UNet with two CLIP text encoders. Distilled, only the UNet is trained.
 *
 * @param parts the configurations
 * @param fields the same as their libraries write them
 * @param surroundings what is not trained
 * @param tokenizers the folder that holds {@code tokenizer} and {@code tokenizer_2}
 * @param frozen the teacher's weights, of which the text encoders are used; null without a teacher
 */
record XlDenoiserFamily(
    XlParts.Config parts,
    Fields fields,
    XlParts.Surroundings surroundings,
    Path tokenizers,
    @Nullable ComponentWeights frozen)
    implements DenoiserFamily {
  /** The configurations' files. */
  record Fields(ModelConfig unet, ModelConfig first, ModelConfig second, ModelConfig scheduler) {}

  private static final String UNET = "unet";
  private static final List<String> ENCODERS = List.of("text_encoder", "text_encoder_2");

  /** The only parameter that a distilled UNet has beyond its teacher's. */
  private static final String GUIDANCE = "unet.time_embedding.cond_proj.weight";

  @Override
  public DenoiserModel model(Parameters parameters) {
    Parameters texts = frozen == null ? parameters : Parameters.of(frozen);
    return new XlParts(parameters, texts, parts, surroundings);
  }

  @Override
  public String denoiser() {
    return UNET;
  }

  @Override
  public List<String> textEncoders() {
    return ENCODERS;
  }

  @Override
  public Scheduler scheduler() {
    return Schedulers.of(fields.scheduler());
  }

  @Override
  public int patch() {
    return 1;
  }

  @Override
  public boolean mayBeginFresh(String path) {
    return frozen != null && path.equals(GUIDANCE);
  }

  @Override
  public void exportWeights(FlatParameters weights, Path folder) {
    DiffusersFolder.writeComponent(
        folder.resolve(UNET),
        DiffusersFolder.withClass("UNet2DConditionModel", fields.unet().fields()),
        DiffusersFolder.DIFFUSION_WEIGHTS,
        DiffusersFolder.below(UNET + ".", weights));
    exportTexts(weights, folder);
  }

  @Override
  public void exportSurroundings(Path folder) {
    DiffusersFolder.writeJson(
        folder.resolve("scheduler").resolve("scheduler_config.json"), fields.scheduler().fields());
    for (String name : List.of("tokenizer", "tokenizer_2")) {
      DiffusersFolder.copyFiles(tokenizers.resolve(name), folder.resolve(name));
    }
    DiffusersFolder.writeIndex(
        folder,
        "StableDiffusionXLPipeline",
        Map.of(
            "scheduler",
            List.of("diffusers", fields.scheduler().text("_class_name")),
            "text_encoder",
            List.of("transformers", "CLIPTextModel"),
            "text_encoder_2",
            List.of("transformers", "CLIPTextModelWithProjection"),
            "tokenizer",
            List.of("transformers", "CLIPTokenizer"),
            "tokenizer_2",
            List.of("transformers", "CLIPTokenizer"),
            UNET,
            List.of("diffusers", "UNet2DConditionModel"),
            "vae",
            List.of("diffusers", "AutoencoderKL")),
        // In training, captions that were dropped are read as empty ones, not as zeros.
        Map.of("force_zeros_for_empty_prompt", false));
  }

  private void exportTexts(FlatParameters weights, Path folder) {
    for (String name : ENCODERS) {
      if (frozen != null) {
        DiffusersFolder.copyFiles(frozen.folder().resolve(name), folder.resolve(name));
        continue;
      }
      ModelConfig config = name.equals(ENCODERS.get(0)) ? fields.first() : fields.second();
      DiffusersFolder.writeComponent(
          folder.resolve(name),
          config.fields(),
          DiffusersFolder.TEXT_WEIGHTS,
          DiffusersFolder.below(name + ".", weights));
    }
  }
}
