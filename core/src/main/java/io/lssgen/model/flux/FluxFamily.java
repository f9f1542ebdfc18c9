package io.lssgen.model.flux;

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
import io.lssgen.model.clip.ClipEncoder;
import io.lssgen.model.clip.ClipReader;
import io.lssgen.model.t5.T5Files;
import io.lssgen.model.vae.Autoencoders;
import io.lssgen.text.T5Tokenizer;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * FLUX.1: dev (guidance is an input), schnell (it is not), Fill (it is shown a picture and a mask),
 * Depth and Canny (they follow a picture) and Kontext (it may look at one). Instead of the large
 * autoencoder, {@code vae} may hold an {@code AutoencoderTiny} as diffusers writes it, or the two
 * files in which it is published, {@code taef1_encoder.safetensors} and {@code
 * taef1_decoder.safetensors}, alone.
 */
public final class FluxFamily implements ModelFamily {
  private static final Set<String> KONTEXT =
      Set.of("FluxKontextPipeline", "FluxKontextInpaintPipeline");

  private static final Set<String> OTHERS =
      Set.of("FluxPipeline", "FluxFillPipeline", "FluxControlPipeline");

  /** Tokens of T5 that FLUX.1-schnell was trained with; more make its pictures worse. */
  private static final int SCHNELL_LENGTH = 256;

  private static final T5Files.Names T5 = new T5Files.Names("text_encoder_2", "tokenizer_2");

  private static final ImageModel.Defaults DEV =
      new ImageModel.Defaults(28, 3.5, 1, 1024, 512, true);
  private static final ImageModel.Defaults FILL =
      new ImageModel.Defaults(50, 30, 1, 1024, 512, true);

  /** Depth's; Canny's, whose files say nothing of it, are 50 and 30. */
  private static final ImageModel.Defaults CONTROL =
      new ImageModel.Defaults(30, 10, 1, 1024, 512, true);

  private static final ImageModel.Defaults KONTEXT_DEV =
      new ImageModel.Defaults(28, 2.5, 1, 1024, 512, true);
  private static final ImageModel.Defaults SCHNELL =
      new ImageModel.Defaults(4, 0, 1, 1024, 512, true);

  @Override
  public String name() {
    return "FLUX.1";
  }

  @Override
  public boolean detect(ModelIndex index) {
    return OTHERS.contains(index.pipeline()) || isKontext(index);
  }

  @Override
  public String variant(ModelIndex index) {
    FluxConfig config = FluxConfig.of(index.config("transformer"));
    return name() + kind(config, isKontext(index)) + (config.guidance() ? " dev" : " schnell");
  }

  @Override
  public List<WantedComponent> components(ModelIndex index) {
    return Stream.of(
            Stream.of(
                WantedComponent.of("transformer", "FluxTransformer2DModel"),
                WantedComponent.of("text_encoder", "CLIPTextModel")),
            T5.wanted().stream(),
            Stream.of(
                WantedComponent.of("tokenizer", "CLIPTokenizer", "CLIPTokenizerFast"),
                Autoencoders.WANTED,
                WantedComponent.of("scheduler", "FlowMatchEulerDiscreteScheduler")))
        .flatMap(part -> part)
        .toList();
  }

  @Override
  public ImageModel load(ModelIndex index, LoadOptions options) {
    FluxConfig config = FluxConfig.of(index.config("transformer"));
    Autoencoders.requireChannels(index, "out_channels / 4 of transformer", config.latentChannels());
    try (Components components = new Components(index, options)) {
      PromptEncoder prompts = prompts(index, components, config, options);
      LatentCodec codec = Autoencoders.load(index, components, options);
      if (config.maskSide() > 0) {
        Consistency.requireEqual(
            index,
            "pixels along a latent's side of the mask that transformer takes",
            config.maskSide(),
            "those of vae",
            codec.factor());
      }
      FluxTransformer transformer =
          components.load("transformer", p -> new FluxTransformer(p, config));
      return new ImageModel(
          name(),
          "transformer",
          new LatentSpec(config.latentChannels(), codec.factor(), FluxConfig.PATCH),
          prompts,
          new FluxDenoiser(transformer, options.types().of("transformer"), isKontext(index)),
          codec,
          scheduler(index),
          defaults(config, isKontext(index)),
          components.finish());
    }
  }

  private static String kind(FluxConfig config, boolean kontext) {
    if (config.followsPicture()) {
      return " Depth or Canny";
    }
    return config.maskSide() > 0 ? " Fill" : kontext ? " Kontext" : "";
  }

  private static boolean isKontext(ModelIndex index) {
    return KONTEXT.contains(index.pipeline());
  }

  private static ImageModel.Defaults defaults(FluxConfig config, boolean kontext) {
    if (config.followsPicture()) {
      return CONTROL;
    }
    if (config.maskSide() > 0 || kontext) {
      return kontext ? KONTEXT_DEV : FILL;
    }
    return config.guidance() ? DEV : SCHNELL;
  }

  private static PromptEncoder prompts(
      ModelIndex index, Components components, FluxConfig config, LoadOptions options) {
    ClipEncoder clip = ClipEncoder.of(index, 0);
    Consistency.requireEqual(
        index,
        "hidden_size of text_encoder",
        clip.config().width(),
        "pooled_projection_dim of transformer",
        config.pooledWidth());
    T5Files t5 = T5Files.of(index, T5, config.textWidth());
    ClipReader reader = clip.load(components, options);
    return new FluxPromptEncoder(
        new FluxPromptEncoder.Clip(
            reader.tokenizer(),
            reader.model(),
            index.tokenLimit("tokenizer", clip.config().maxLength()),
            reader.type()),
        t5.load(
            index,
            components,
            options,
            config.guidance() ? T5Tokenizer.MAX_LENGTH : SCHNELL_LENGTH));
  }
}
