package io.lssgen.model.flux;

import io.lssgen.model.ComponentTypes;
import io.lssgen.model.Components;
import io.lssgen.model.Consistency;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LatentCodec;
import io.lssgen.model.LatentSpec;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelFamily;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.PromptEncoder;
import io.lssgen.model.WantedComponent;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.t5.T5Encoder;
import io.lssgen.model.t5.T5Keys;
import io.lssgen.model.t5.T5Reader;
import io.lssgen.model.vae.Autoencoders;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.text.T5Tokenizer;
import java.util.List;

/**
 * FLUX.1: dev (guidance is an input) and schnell (it is not). Instead of the large autoencoder,
 * {@code vae} may hold an {@code AutoencoderTiny} as diffusers writes it, or the two files in which
 * it is published, {@code taef1_encoder.safetensors} and {@code taef1_decoder.safetensors}, alone.
 */
public final class FluxFamily implements ModelFamily {
  /** Tokens of T5 that FLUX.1-schnell was trained with; more make its pictures worse. */
  private static final int SCHNELL_LENGTH = 256;

  private static final ImageModel.Defaults DEV =
      new ImageModel.Defaults(28, 3.5, 1, 1024, 512, true);
  private static final ImageModel.Defaults SCHNELL =
      new ImageModel.Defaults(4, 0, 1, 1024, 512, true);

  @Override
  public String name() {
    return "FLUX.1";
  }

  @Override
  public boolean detect(ModelIndex index) {
    return index.pipeline().equals("FluxPipeline");
  }

  @Override
  public String variant(ModelIndex index) {
    boolean dev = FluxConfig.of(index.config("transformer")).guidance();
    return name() + (dev ? " dev" : " schnell");
  }

  @Override
  public List<WantedComponent> components(ModelIndex index) {
    return List.of(
        WantedComponent.of("transformer", "FluxTransformer2DModel"),
        WantedComponent.of("text_encoder", "CLIPTextModel"),
        WantedComponent.of("text_encoder_2", "T5EncoderModel"),
        WantedComponent.of("tokenizer", "CLIPTokenizer", "CLIPTokenizerFast"),
        WantedComponent.of(
            "tokenizer_2", "T5TokenizerFast", "T5Tokenizer", "PreTrainedTokenizerFast"),
        Autoencoders.WANTED,
        WantedComponent.of("scheduler", "FlowMatchEulerDiscreteScheduler"));
  }

  @Override
  public ImageModel load(ModelIndex index, LoadOptions options) {
    FluxConfig config = FluxConfig.of(index.config("transformer"));
    Autoencoders.requireChannels(index, "in_channels / 4 of transformer", config.latentChannels());
    try (Components components = new Components(index, options)) {
      PromptEncoder prompts = prompts(index, components, config, options.types());
      LatentCodec codec = Autoencoders.load(index, components, options);
      FluxTransformer transformer =
          components.load("transformer", p -> new FluxTransformer(p, config));
      return new ImageModel(
          name(),
          "transformer",
          new LatentSpec(config.latentChannels(), codec.factor(), FluxConfig.PATCH),
          prompts,
          new FluxDenoiser(transformer, options.types().of("transformer")),
          codec,
          scheduler(index),
          config.guidance() ? DEV : SCHNELL,
          components.finish());
    }
  }

  private static PromptEncoder prompts(
      ModelIndex index, Components components, FluxConfig config, ComponentTypes types) {
    ClipTextConfig clipConfig = ClipTextConfig.of(index.config("text_encoder"));
    T5Config t5Config = T5Config.of(index.config("text_encoder_2"));
    Consistency.requireEqual(
        index,
        "hidden_size of text_encoder",
        clipConfig.width(),
        "pooled_projection_dim of transformer",
        config.pooledWidth());
    Consistency.requireEqual(
        index,
        "d_model of text_encoder_2",
        t5Config.width(),
        "joint_attention_dim of transformer",
        config.textWidth());
    ClipTokenizer clipTokenizer = index.clipTokenizer("tokenizer");
    T5Tokenizer t5Tokenizer = index.t5Tokenizer("tokenizer_2");
    Consistency.requireVocabulary(
        index, "text_encoder", clipTokenizer, clipConfig.vocabularySize());
    Consistency.requireVocabulary(index, "text_encoder_2", t5Tokenizer, t5Config.vocabularySize());
    ClipTextModel clip = components.load("text_encoder", p -> new ClipTextModel(p, clipConfig));
    T5Encoder t5 = components.load("text_encoder_2", T5Keys::once, p -> new T5Encoder(p, t5Config));
    return new FluxPromptEncoder(
        new FluxPromptEncoder.Clip(
            clipTokenizer,
            clip,
            index.tokenLimit("tokenizer", clipConfig.maxLength()),
            types.of("text_encoder")),
        new T5Reader(
            t5Tokenizer,
            t5,
            index.tokenLimit(
                "tokenizer_2", config.guidance() ? T5Tokenizer.MAX_LENGTH : SCHNELL_LENGTH),
            types.of("text_encoder_2")));
  }
}
