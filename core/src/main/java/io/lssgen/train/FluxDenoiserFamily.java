package io.lssgen.train;

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
import java.util.Set;

/**
 * FLUX: a transformer with CLIP's pooled text and T5's states.
 *
 * @param parts the configurations
 * @param fields the same as their libraries write them
 * @param tokenizers the folder that holds {@code tokenizer} and {@code tokenizer_2}
 * @param type the type to compute in
 */
record FluxDenoiserFamily(
    FluxParts.Config parts, Fields fields, FluxParts.Texts texts, Path tokenizers, DType type)
    implements DenoiserFamily {
  /** The configurations' files. */
  record Fields(
      ModelConfig transformer, ModelConfig clip, ModelConfig t5, FlowMatchEulerConfig scheduler) {}

  @Override
  public DenoiserModel model(Parameters parameters) {
    return new FluxParts(parameters, parts, texts, type);
  }

  @Override
  public String denoiser() {
    return "transformer";
  }

  @Override
  public List<String> textEncoders() {
    return List.of("text_encoder", "text_encoder_2");
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
  public Set<String> added() {
    return Set.of();
  }

  @Override
  public void exportWeights(FlatParameters weights, Path folder) {
    DiffusersFolder.writeComponent(
        folder.resolve("transformer"),
        DiffusersFolder.withClass("FluxTransformer2DModel", fields.transformer().fields()),
        DiffusersFolder.DIFFUSION_WEIGHTS,
        DiffusersFolder.below("transformer.", weights));
    DiffusersFolder.writeComponent(
        folder.resolve("text_encoder"),
        DiffusersFolder.withArchitecture(
            "CLIPTextModel", "clip_text_model", fields.clip().fields()),
        DiffusersFolder.TEXT_WEIGHTS,
        DiffusersFolder.below("text_encoder.", weights));
    DiffusersFolder.writeComponent(
        folder.resolve("text_encoder_2"),
        DiffusersFolder.withArchitecture("T5EncoderModel", "t5", fields.t5().fields()),
        DiffusersFolder.TEXT_WEIGHTS,
        DiffusersFolder.below("text_encoder_2.", weights));
  }

  @Override
  public void exportSurroundings(Path folder) {
    DiffusersFolder.writeJson(
        folder.resolve("scheduler").resolve("scheduler_config.json"),
        DiffusersFolder.object(fields.scheduler().fields()));
    for (String name : List.of("tokenizer", "tokenizer_2")) {
      DiffusersFolder.copyFiles(tokenizers.resolve(name), folder.resolve(name));
    }
    DiffusersFolder.writeIndex(
        folder,
        "FluxPipeline",
        Map.of(
            "scheduler", List.of("diffusers", "FlowMatchEulerDiscreteScheduler"),
            "text_encoder", List.of("transformers", "CLIPTextModel"),
            "text_encoder_2", List.of("transformers", "T5EncoderModel"),
            "tokenizer", List.of("transformers", "CLIPTokenizer"),
            "tokenizer_2", List.of("transformers", "PreTrainedTokenizerFast"),
            "transformer", List.of("diffusers", "FluxTransformer2DModel"),
            "vae", List.of("diffusers", "AutoencoderKL")),
        Map.of());
  }
}
