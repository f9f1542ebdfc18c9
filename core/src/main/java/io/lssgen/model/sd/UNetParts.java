package io.lssgen.model.sd;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.model.Components;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LatentCodec;
import io.lssgen.model.LatentSpec;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.PromptEncoder;
import io.lssgen.model.WantedComponent;
import io.lssgen.model.clip.ClipEncoder;
import io.lssgen.model.unet.UNet;
import io.lssgen.model.unet.UNetConfig;
import io.lssgen.model.unet.UNetDenoiser;
import io.lssgen.model.vae.Autoencoders;
import io.lssgen.weights.ModelConfig;
import java.util.ArrayList;
import java.util.List;

/**
 * What the families with a UNet share.
 *
 * @param family what the model is called
 * @param prompts its text encoders
 * @param plain what to use where a request says nothing, if the model is not distilled; its side
 *     serves where the UNet's file does not say
 */
record UNetParts(String family, PromptEncoder prompts, ImageModel.Defaults plain) {
  static final String UNET = "unet";

  private static final String CONSISTENCY_SCHEDULER = "LCMScheduler";

  /** Latent consistency models: 4 steps, the guidance is an input. */
  private static final int CONSISTENCY_STEPS = 4;

  private static final double CONSISTENCY_GUIDANCE = 8;

  /**
   * What these families read.
   *
   * @param encoders the class of each text encoder
   */
  static List<WantedComponent> components(String... encoders) {
    List<WantedComponent> all = new ArrayList<>();
    all.add(WantedComponent.of(UNET, "UNet2DConditionModel"));
    all.add(Autoencoders.WANTED);
    for (int i = 0; i < encoders.length; i++) {
      all.add(WantedComponent.of("text_encoder" + ClipEncoder.number(i), encoders[i]));
      all.add(
          WantedComponent.of(
              "tokenizer" + ClipEncoder.number(i), "CLIPTokenizer", "CLIPTokenizerFast"));
    }
    all.add(WantedComponent.of("scheduler"));
    return all;
  }

  /** Checks that the autoencoder's latents are the UNet's. */
  static void requireAutoencoder(ModelIndex index, UNetConfig config) {
    Autoencoders.requireChannels(index, "in_channels of unet", config.latentChannels());
  }

  /** The model's own settings, or those of a consistency model where the UNet is one. */
  static ModelConfig scheduler(ModelIndex index) {
    ModelConfig own = index.config("scheduler");
    return isDistilled(UNetConfig.of(index.config(UNET))) ? consistency(own) : own;
  }

  /** Loads what is left and puts all together. */
  ImageModel model(
      ModelIndex index, UNetConfig config, Components components, LoadOptions options) {
    LatentCodec codec = Autoencoders.load(index, components, options);
    UNet unet = components.load(UNET, p -> new UNet(p, config));
    return new ImageModel(
        family,
        UNET,
        new LatentSpec(config.latentChannels(), codec.factor(), 1),
        prompts,
        new UNetDenoiser(unet, codec.factor(), options.types().of(UNET)),
        codec,
        scheduler(index),
        defaults(config, codec.factor()),
        components.finish());
  }

  /** Whether a model is made for few steps: by its UNet, or by a LoRA and its scheduler. */
  static boolean isConsistencyModel(ModelIndex index) {
    return isDistilled(UNetConfig.of(index.config(UNET)))
        || index.config("scheduler").text("_class_name").equals(CONSISTENCY_SCHEDULER);
  }

  private static boolean isDistilled(UNetConfig config) {
    return config.guidanceSinusoids() > 0;
  }

  /** A distilled UNet is published alone, for a model whose own scheduler is of no use to it. */
  private static ModelConfig consistency(ModelConfig scheduler) {
    ObjectNode fields = scheduler.fields().deepCopy();
    return new ModelConfig(scheduler.origin(), fields.put("_class_name", CONSISTENCY_SCHEDULER));
  }

  private ImageModel.Defaults defaults(UNetConfig config, int factor) {
    int side = config.sampleSize() > 0 ? config.sampleSize() * factor : plain.side();
    boolean distilled = isDistilled(config);
    return new ImageModel.Defaults(
        distilled ? CONSISTENCY_STEPS : plain.steps(),
        CONSISTENCY_GUIDANCE,
        distilled ? 1 : plain.cfgScale(),
        side,
        side,
        plain.shorten());
  }
}
