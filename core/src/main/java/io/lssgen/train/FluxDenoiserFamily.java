package io.lssgen.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.nn.Parameters;
import io.lssgen.schedule.FlowMatchEuler;
import io.lssgen.schedule.FlowMatchEulerConfig;
import io.lssgen.schedule.Scheduler;
import io.lssgen.tensor.DType;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * FLUX: a transformer with CLIP's pooled text and T5's states.
 *
 * @param parts the configurations
 * @param fields the same as their libraries write them
 * @param tokenizers the folder that holds {@code tokenizer} and {@code tokenizer_2}
 * @param readers what is read off while it learns
 * @param type the type to compute in
 */
record FluxDenoiserFamily(
    FluxParts.Config parts,
    Fields fields,
    FluxParts.Texts texts,
    Path tokenizers,
    FluxParts.Readers readers,
    DType type)
    implements DenoiserFamily {
  /** The configurations' files. */
  record Fields(
      ModelConfig transformer, ModelConfig clip, ModelConfig t5, FlowMatchEulerConfig scheduler) {}

  private static final String TRANSFORMER = "transformer";
  private static final String CLIP = "text_encoder";
  private static final String T5 = "text_encoder_2";
  private static final List<String> TOKENIZERS = List.of("tokenizer", "tokenizer_2");

  @Override
  public DenoiserModel model(Parameters parameters) {
    return new FluxParts(parameters, parts, texts, readers, type);
  }

  @Override
  public String denoiser() {
    return TRANSFORMER;
  }

  @Override
  public List<String> textEncoders() {
    return List.of(CLIP, T5);
  }

  @Override
  public Scheduler scheduler() {
    return new FlowMatchEuler(fields.scheduler());
  }

  @Override
  public int patch() {
    return FluxConfig.PATCH;
  }

  @Override
  public boolean mayBeginFresh(String path) {
    return FluxParts.isReader(path);
  }

  @Override
  public void exportWeights(FlatParameters weights, Path folder) {
    ObjectNode transformer =
        DiffusersFolder.withClass("FluxTransformer2DModel", fields.transformer().fields());
    ObjectNode clip =
        DiffusersFolder.withArchitecture(
            "CLIPTextModel", "clip_text_model", fields.clip().fields());
    ObjectNode t5 = DiffusersFolder.withArchitecture("T5EncoderModel", "t5", fields.t5().fields());
    export(weights, folder, TRANSFORMER, transformer, DiffusersFolder.DIFFUSION_WEIGHTS);
    export(weights, folder, CLIP, clip, DiffusersFolder.TEXT_WEIGHTS);
    export(weights, folder, T5, t5, DiffusersFolder.TEXT_WEIGHTS);
  }

  private static void export(
      FlatParameters weights, Path folder, String component, JsonNode config, String file) {
    DiffusersFolder.writeComponent(
        folder.resolve(component), config, file, DiffusersFolder.below(component + ".", weights));
  }

  @Override
  public void exportSurroundings(Path folder) {
    DiffusersFolder.writeJson(
        folder.resolve("scheduler").resolve("scheduler_config.json"),
        DiffusersFolder.object(fields.scheduler().fields()));
    for (String name : TOKENIZERS) {
      DiffusersFolder.copyFiles(tokenizers.resolve(name), folder.resolve(name));
    }
    DiffusersFolder.writeIndex(
        folder,
        "FluxPipeline",
        Map.of(
            "scheduler",
            List.of("diffusers", "FlowMatchEulerDiscreteScheduler"),
            CLIP,
            List.of("transformers", "CLIPTextModel"),
            T5,
            List.of("transformers", "T5EncoderModel"),
            TOKENIZERS.get(0),
            List.of("transformers", "CLIPTokenizer"),
            TOKENIZERS.get(1),
            List.of("transformers", "PreTrainedTokenizerFast"),
            TRANSFORMER,
            List.of("diffusers", "FluxTransformer2DModel"),
            "vae",
            List.of("diffusers", "AutoencoderKL")),
        Map.of());
  }
}
