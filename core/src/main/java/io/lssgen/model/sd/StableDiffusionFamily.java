package io.lssgen.model.sd;

import io.lssgen.model.Components;
import io.lssgen.model.Consistency;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelFamily;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.WantedComponent;
import io.lssgen.model.clip.ClipPrompts;
import io.lssgen.model.clip.ClipReader;
import io.lssgen.model.unet.UNetConfig;
import java.util.List;

/**
 * Stable Diffusion 1.5 and what is built like it (arXiv 2112.10752) in diffusers folders: one text
 * encoder, whose last states the UNet reads. With a UNet that is told the guidance scale it is a
 * latent consistency model (arXiv 2310.04378).
 */
public final class StableDiffusionFamily implements ModelFamily {
  private static final int SIDE = 512;

  @Override
  public String name() {
    return "Stable Diffusion";
  }

  @Override
  public boolean detect(ModelIndex index) {
    return index.pipeline().equals("StableDiffusionPipeline")
        || index.pipeline().equals("LatentConsistencyModelPipeline");
  }

  @Override
  public String variant(ModelIndex index) {
    return (UNetParts.isConsistencyModel(index) ? "LCM of " : "") + name();
  }

  @Override
  public List<WantedComponent> components() {
    return UNetParts.components("CLIPTextModel");
  }

  @Override
  public ImageModel load(ModelIndex index, LoadOptions options) {
    components().forEach(wanted -> wanted.require(index)); // before anything is loaded
    UNetConfig config = UNetConfig.of(index.config(UNetParts.UNET));
    try (Components components = new Components(index, options.type())) {
      ClipReader reader = UNetParts.reader(index, components, 0);
      Consistency.requireEqual(
          index,
          "hidden_size of text_encoder",
          reader.model().config().width(),
          "cross_attention_dim of unet",
          config.textWidth());
      ClipPrompts prompts =
          new ClipPrompts(List.of(reader), ClipPrompts.States.NORMALISED, false, options.type());
      ImageModel.Defaults plain = new ImageModel.Defaults(50, 0, 7.5, SIDE, SIDE, false);
      return new UNetParts(name(), prompts, plain).model(index, config, components, options);
    }
  }
}
