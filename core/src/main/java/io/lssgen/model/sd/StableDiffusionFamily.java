package io.lssgen.model.sd;

import io.lssgen.model.Components;
import io.lssgen.model.Consistency;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelFamily;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.WantedComponent;
import io.lssgen.model.clip.ClipEncoder;
import io.lssgen.model.clip.ClipPrompts;
import io.lssgen.model.unet.UNetConfig;
import io.lssgen.weights.ModelConfig;
import java.util.List;
import java.util.Set;

/**
 * Stable Diffusion 1.5 and what is built like it (arXiv 2112.10752) in diffusers folders: one text
 * encoder, whose last states the UNet reads. With a UNet that is told the guidance scale it is a
 * latent consistency model (arXiv 2310.04378).
 */
public final class StableDiffusionFamily implements ModelFamily {
  private static final int SIDE = 512;
  private static final Set<String> PIPELINES =
      Set.of(
          "StableDiffusionPipeline",
          "StableDiffusionInpaintPipeline",
          "LatentConsistencyModelPipeline");

  @Override
  public String name() {
    return "Stable Diffusion";
  }

  @Override
  public boolean detect(ModelIndex index) {
    return PIPELINES.contains(index.pipeline());
  }

  @Override
  public String variant(ModelIndex index) {
    return (UNetParts.isConsistencyModel(index) ? "LCM of " : "") + name();
  }

  @Override
  public List<WantedComponent> components(ModelIndex index) {
    return UNetParts.components("CLIPTextModel");
  }

  @Override
  public ModelConfig scheduler(ModelIndex index) {
    return UNetParts.scheduler(index);
  }

  @Override
  public ImageModel load(ModelIndex index, LoadOptions options) {
    UNetConfig config = UNetConfig.of(index.config(UNetParts.UNET));
    ClipEncoder encoder = ClipEncoder.of(index, 0);
    Consistency.requireEqual(
        index,
        "hidden_size of text_encoder",
        encoder.config().width(),
        "cross_attention_dim of unet",
        config.textWidth());
    UNetParts.requireAutoencoder(index, config);
    try (Components components = new Components(index, options)) {
      ClipPrompts prompts =
          new ClipPrompts(
              List.of(encoder.load(components, options)), ClipPrompts.States.NORMALISED, false);
      ImageModel.Defaults plain = new ImageModel.Defaults(50, 0, 7.5, SIDE, SIDE, false);
      return new UNetParts(name(), prompts, plain).model(index, config, components, options);
    }
  }
}
