package io.lssgen.model.sd;

import io.lssgen.errors.ModelException;
import io.lssgen.model.Components;
import io.lssgen.model.Consistency;
import io.lssgen.model.ImageModel;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelFamily;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.WantedComponent;
import io.lssgen.model.clip.ClipEncoder;
import io.lssgen.model.clip.ClipPrompts;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.unet.UNetConfig;
import io.lssgen.weights.ModelConfig;
import java.util.List;

/**
 * SDXL (arXiv 2307.01952) and what is built like it in diffusers folders: two text encoders side by
 * side, whose last but one states the UNet reads, with the pooled text of the second and the sizes.
 * Playground v2.5 (arXiv 2402.17245) is one with EDM's noise levels; LCM-SDXL (arXiv 2310.04378)
 * has a UNet that is told the guidance scale.
 */
public final class StableDiffusionXlFamily implements ModelFamily {
  private static final String PLAYGROUND = "Playground v2.5";
  private static final int SIDE = 1024;

  /** Heights and widths of the original, the crop's corner and the target. */
  private static final int SIZES = 6;

  @Override
  public String name() {
    return "SDXL";
  }

  @Override
  public boolean detect(ModelIndex index) {
    return index.pipeline().equals("StableDiffusionXLPipeline")
        || index.pipeline().equals("StableDiffusionXLInpaintPipeline");
  }

  @Override
  public String variant(ModelIndex index) {
    if (isPlayground(index)) {
      return PLAYGROUND;
    }
    return (UNetParts.isConsistencyModel(index) ? "LCM-" : "") + name();
  }

  @Override
  public List<WantedComponent> components(ModelIndex index) {
    return UNetParts.components("CLIPTextModel", "CLIPTextModelWithProjection");
  }

  @Override
  public ModelConfig scheduler(ModelIndex index) {
    return UNetParts.scheduler(index);
  }

  @Override
  public ImageModel load(ModelIndex index, LoadOptions options) {
    UNetConfig config = UNetConfig.of(index.config(UNetParts.UNET));
    ClipEncoder first = ClipEncoder.of(index, 0);
    ClipEncoder second = ClipEncoder.of(index, 1);
    requireWidths(index, config, first.config(), second.config());
    UNetParts.requireAutoencoder(index, config);
    boolean playground = isPlayground(index);
    try (Components components = new Components(index, options)) {
      ClipPrompts prompts =
          new ClipPrompts(
              List.of(first.load(components, options), second.load(components, options)),
              ClipPrompts.States.PLAIN,
              index.flag("force_zeros_for_empty_prompt", true));
      ImageModel.Defaults plain =
          new ImageModel.Defaults(50, 0, playground ? 3 : 5, SIDE, SIDE, false);
      return new UNetParts(playground ? PLAYGROUND : name(), prompts, plain)
          .model(index, config, components, options);
    }
  }

  private static boolean isPlayground(ModelIndex index) {
    ModelConfig scheduler = index.config("scheduler");
    return scheduler.text("_class_name").startsWith("EDM");
  }

  private static void requireWidths(
      ModelIndex index, UNetConfig config, ClipTextConfig first, ClipTextConfig second) {
    Consistency.requireEqual(
        index,
        "hidden_size of both text encoders together",
        first.width() + second.width(),
        "cross_attention_dim of unet",
        config.textWidth());
    int pooled = second.projectionWidth();
    if (config.addedWidth() != pooled + SIZES * config.sizeSinusoids()) {
      throw new ModelException(
          ("%s: its components do not belong together: unet wants %d added conditions, found a"
                  + " projection_dim of %d and %d sizes of %d each")
              .formatted(
                  index.origin(), config.addedWidth(), pooled, SIZES, config.sizeSinusoids()));
    }
  }
}
