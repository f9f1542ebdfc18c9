package io.lssgen.model.sd3;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.model.Components;
import io.lssgen.model.Consistency;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LatentCodec;
import io.lssgen.model.LatentSpec;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelFamily;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.WantedComponent;
import io.lssgen.model.clip.ClipEncoder;
import io.lssgen.model.clip.ClipPrompts;
import io.lssgen.model.t5.T5Files;
import io.lssgen.model.vae.Autoencoders;
import io.lssgen.weights.ModelConfig;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Stable Diffusion 3 and 3.5 (arXiv 2403.03206): two CLIP encoders and T5, which may be left out.
 * Guided by a second evaluation, as SDXL.
 */
public final class Sd3Family implements ModelFamily {
  private static final T5Files.Names T5 = new T5Files.Names("text_encoder_3", "tokenizer_3");
  private static final String CLIP_CLASS = "CLIPTextModelWithProjection";

  private static final List<WantedComponent> ALWAYS =
      List.of(
          WantedComponent.of("transformer", Sd3Config.CLASS),
          WantedComponent.of("text_encoder", CLIP_CLASS),
          WantedComponent.of("tokenizer", "CLIPTokenizer", "CLIPTokenizerFast"),
          WantedComponent.of("text_encoder_2", CLIP_CLASS),
          WantedComponent.of("tokenizer_2", "CLIPTokenizer", "CLIPTokenizerFast"),
          Autoencoders.WANTED,
          WantedComponent.of("scheduler", "FlowMatchEulerDiscreteScheduler"));

  /** See {@code FlowMatchEulerConfig.Spacing} in {@code io.lssgen.schedule}. */
  private static final String SPACING = "lssgen_spacing";

  /** diffusers' own. */
  private static final int STEPS = 28;

  private static final double CFG_SCALE = 7;

  @Override
  public String name() {
    return "Stable Diffusion 3";
  }

  @Override
  public boolean detect(ModelIndex index) {
    return index.pipeline().equals("StableDiffusion3Pipeline");
  }

  /** 3.5 is the one whose queries and keys are normalised. */
  @Override
  public String variant(ModelIndex index) {
    Sd3Config config = Sd3Config.of(index.config("transformer"));
    return config.heads().normalised() ? "Stable Diffusion 3.5" : name();
  }

  @Override
  public List<WantedComponent> components(ModelIndex index) {
    return Stream.concat(
            ALWAYS.stream(), index.isLeftOut(T5.encoder()) ? Stream.of() : T5.wanted().stream())
        .toList();
  }

  @Override
  public ModelConfig scheduler(ModelIndex index) {
    ModelConfig own = index.config("scheduler");
    ObjectNode fields = own.fields().deepCopy();
    return new ModelConfig(own.origin(), fields.put(SPACING, "trained"));
  }

  @Override
  public ImageModel load(ModelIndex index, LoadOptions options) {
    Sd3Config config = Sd3Config.of(index.config("transformer"));
    Autoencoders.requireChannels(index, "in_channels of transformer", config.channels());
    try (Components components = new Components(index, options)) {
      Sd3PromptEncoder prompts = prompts(index, config, components, options);
      LatentCodec codec = Autoencoders.load(index, components, options);
      Sd3Transformer transformer =
          components.load("transformer", p -> new Sd3Transformer(p, config));
      int side = config.sampleSide() * codec.factor();
      return new ImageModel(
          name(),
          "transformer",
          new LatentSpec(
              config.channels(),
              codec.factor(),
              Sd3Config.PATCH,
              config.positions() * Sd3Config.PATCH),
          prompts,
          new Sd3Denoiser(transformer, options.types().of("transformer")),
          codec,
          scheduler(index),
          new ImageModel.Defaults(STEPS, 0, CFG_SCALE, side, side / 2, true),
          components.finish());
    }
  }

  private static Sd3PromptEncoder prompts(
      ModelIndex index, Sd3Config config, Components components, LoadOptions options) {
    ClipEncoder own = ClipEncoder.of(index, 0);
    ClipEncoder first = index.isInFile(own.name()) ? own.withoutProjection() : own;
    ClipEncoder second = ClipEncoder.of(index, 1);
    Consistency.requireEqual(
        index,
        "projection_dim of both CLIP text encoders together",
        first.config().pooledWidth() + second.config().pooledWidth(),
        "pooled_projection_dim of transformer",
        config.pooledWidth());
    Consistency.requireAtMost(
        index,
        "hidden_size of both CLIP text encoders together",
        first.config().width() + second.config().width(),
        "joint_attention_dim of transformer",
        config.textWidth());
    Optional<T5Files> t5 =
        index.isLeftOut(T5.encoder())
            ? Optional.empty()
            : Optional.of(T5Files.of(index, T5, config.textWidth()));
    ClipPrompts clip =
        new ClipPrompts(
            List.of(first.load(components, options), second.load(components, options)),
            ClipPrompts.States.PLAIN_ALL_POOLED,
            false);
    return t5.map(files -> files.load(index, components, options, Sd3PromptEncoder.T5_LENGTH))
        .map(reader -> Sd3PromptEncoder.of(clip, reader))
        .orElseGet(() -> Sd3PromptEncoder.withoutT5(clip, config.textWidth()));
  }
}
