package io.lssgen.model.flux;

import io.lssgen.errors.ModelException;
import io.lssgen.model.Components;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LatentCodec;
import io.lssgen.model.LatentSpec;
import io.lssgen.model.ModelFamily;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.PromptEncoder;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.t5.T5Encoder;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.AutoencoderKlCodec;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.model.vae.AutoencoderTiny;
import io.lssgen.model.vae.AutoencoderTinyCodec;
import io.lssgen.model.vae.AutoencoderTinyConfig;
import io.lssgen.tensor.DType;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.text.T5Tokenizer;
import io.lssgen.text.Tokenizer;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;

/**
 * FLUX.1: dev (guidance is an input) and schnell (it is not). Instead of the large autoencoder,
 * {@code vae} may hold an {@code AutoencoderTiny} as diffusers writes it, or the two files in which
 * it is published, {@code taef1_encoder.safetensors} and {@code taef1_decoder.safetensors}, alone.
 */
public final class FluxFamily implements ModelFamily {
  private static final String TINY_VAE = AutoencoderTinyConfig.CLASS;

  /** Tokens of T5 that FLUX.1-schnell was trained with; more make its pictures worse. */
  private static final int SCHNELL_LENGTH = 256;

  private static final ImageModel.Defaults DEV = new ImageModel.Defaults(28, 3.5, 1024);
  private static final ImageModel.Defaults SCHNELL = new ImageModel.Defaults(4, 0, 1024);

  @Override
  public String name() {
    return "FLUX.1";
  }

  @Override
  public boolean detect(ModelIndex index) {
    return index.pipeline().equals("FluxPipeline");
  }

  @Override
  public ImageModel load(ModelIndex index, DType type) {
    requireComponents(index);
    FluxConfig config = FluxConfig.of(index.config("transformer"));
    try (Components components = new Components(index, type)) {
      PromptEncoder prompts = prompts(index, components, config, type);
      LatentCodec codec = codec(index, components, config, type);
      FluxTransformer transformer =
          components.load("transformer", p -> new FluxTransformer(p, config));
      return new ImageModel(
          name(),
          new LatentSpec(config.latentChannels(), codec.factor(), FluxConfig.PATCH),
          prompts,
          new FluxDenoiser(transformer, type),
          codec,
          index.config("scheduler"),
          config.guidance() ? DEV : SCHNELL,
          components.finish());
    }
  }

  /** All that is missing is said before anything is loaded. */
  private static void requireComponents(ModelIndex index) {
    index.requireClass("transformer", "FluxTransformer2DModel");
    index.requireClass("text_encoder", "CLIPTextModel");
    index.requireClass("text_encoder_2", "T5EncoderModel");
    index.requireClass("tokenizer", "CLIPTokenizer", "CLIPTokenizerFast");
    index.requireClass("tokenizer_2", "T5TokenizerFast", "T5Tokenizer", "PreTrainedTokenizerFast");
    index.requireClass("vae", "AutoencoderKL", TINY_VAE);
    index.requireClass("scheduler", "FlowMatchEulerDiscreteScheduler");
  }

  private static PromptEncoder prompts(
      ModelIndex index, Components components, FluxConfig config, DType type) {
    ClipTextConfig clipConfig = ClipTextConfig.of(index.config("text_encoder"));
    T5Config t5Config = T5Config.of(index.config("text_encoder_2"));
    requireEqual(
        index,
        "hidden_size of text_encoder",
        clipConfig.width(),
        "pooled_projection_dim",
        config.pooledWidth());
    requireEqual(
        index,
        "d_model of text_encoder_2",
        t5Config.width(),
        "joint_attention_dim",
        config.textWidth());
    ClipTokenizer clipTokenizer = index.clipTokenizer("tokenizer");
    T5Tokenizer t5Tokenizer = index.t5Tokenizer("tokenizer_2");
    requireVocabulary(index, "text_encoder", clipTokenizer, clipConfig.vocabularySize());
    requireVocabulary(index, "text_encoder_2", t5Tokenizer, t5Config.vocabularySize());
    ClipTextModel clip = components.load("text_encoder", p -> new ClipTextModel(p, clipConfig));
    T5Encoder t5 =
        components.load("text_encoder_2", FluxFamily::t5Names, p -> new T5Encoder(p, t5Config));
    return new FluxPromptEncoder(
        new FluxPromptEncoder.Reader<>(
            clipTokenizer, clip, index.tokenLimit("tokenizer", clipConfig.maxLength())),
        new FluxPromptEncoder.Reader<>(
            t5Tokenizer,
            t5,
            index.tokenLimit(
                "tokenizer_2", config.guidance() ? T5Tokenizer.MAX_LENGTH : SCHNELL_LENGTH)),
        type);
  }

  /** Some files hold the table of embeddings twice. */
  private static KeyMap t5Names(Checkpoint weights) {
    return weights.has("shared.weight")
        ? KeyMap.builder().drop("encoder.embed_tokens.weight").build()
        : KeyMap.identity();
  }

  private static LatentCodec codec(
      ModelIndex index, Components components, FluxConfig config, DType type) {
    if (index.requireClass("vae", "AutoencoderKL", TINY_VAE).equals(TINY_VAE)) {
      return new AutoencoderTinyCodec(tiny(index, components, config), type);
    }
    AutoencoderKlConfig vae = AutoencoderKlConfig.of(index.config("vae"));
    requireLatents(index, vae.latentChannels(), config);
    return new AutoencoderKlCodec(components.load("vae", p -> new AutoencoderKl(p, vae)), type);
  }

  private static AutoencoderTiny tiny(ModelIndex index, Components components, FluxConfig config) {
    boolean halves = Checkpoint.hasHalves(index.path("vae"));
    AutoencoderTinyConfig tiny;
    if (halves) {
      try (Checkpoint weights = index.weights("vae")) {
        tiny = AutoencoderTinyConfig.ofHalves(weights);
      }
    } else {
      tiny = AutoencoderTinyConfig.of(index.config("vae"));
    }
    requireLatents(index, tiny.latentChannels(), config);
    return components.load(
        "vae", p -> halves ? AutoencoderTiny.original(p, tiny) : new AutoencoderTiny(p, tiny));
  }

  private static void requireLatents(ModelIndex index, int channels, FluxConfig config) {
    requireEqual(
        index, "latent_channels of vae", channels, "in_channels / 4", config.latentChannels());
  }

  private static void requireEqual(
      ModelIndex index, String what, int found, String transformerField, int wanted) {
    if (found != wanted) {
      throw new ModelException(
          "%s: its components do not belong together: %s is %d, but %s of transformer is %d"
              .formatted(index.origin(), what, found, transformerField, wanted));
    }
  }

  private static void requireVocabulary(
      ModelIndex index, String encoder, Tokenizer tokenizer, int entries) {
    if (tokenizer.vocabularySize() > entries) {
      throw new ModelException(
          "%s: the tokenizer of %s has %d tokens, its vocab_size is only %d; they do not belong"
                  .formatted(index.origin(), encoder, tokenizer.vocabularySize(), entries)
              + " together");
    }
  }
}
