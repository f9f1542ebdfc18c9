package io.lssgen.pipeline;

import io.lssgen.image.ImageSize;
import io.lssgen.image.Mask;
import io.lssgen.image.ResampleKernel;
import io.lssgen.image.Resampler;
import io.lssgen.image.RgbImage;
import io.lssgen.model.Denoiser;
import io.lssgen.model.ImageModel;
import io.lssgen.model.ImageTensors;
import io.lssgen.model.PictureInput;
import io.lssgen.sampling.InitialLatents;
import io.lssgen.sampling.Stage;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.List;
import java.util.Optional;

/**
 * A picture as the stages of a run want it. All of them see the mask at the result's size: what is
 * thin there is not lost in small stages.
 *
 * @param picture what is begun with
 * @param last the last stage
 * @param model encodes it
 * @param noise what the encoder and, after it, a {@link MaskedContent} draw: that of what is begun
 *     with or stays before a stage's noise, that of what is shown after it, as in diffusers
 */
record PictureLatents(InitialPicture picture, Stage last, ImageModel model, NormalSource noise) {

  InitialLatents of(Stage stage) {
    Optional<Mask> mask = picture.fittedMask(last.width(), last.height());
    if (mask.isEmpty()) {
      return new InitialLatents(picture.reference() ? null : clean(stage), null, null);
    }
    Tensor free = free(mask.get(), stage);
    PictureInput input = model.denoiser().shown();
    if (input.isMasked()) {
      Tensor begin = beginsOf(input, stage) ? clean(stage) : null;
      if (begin != null && !picture.beginsWithNoise()) {
        begin = begin(begin, free);
      }
      return new InitialLatents(begin, null, () -> shown(input, stage, mask.get(), free));
    }
    Tensor clean = clean(stage);
    return new InitialLatents(
        picture.beginsWithNoise() ? null : begin(clean, free),
        new InitialLatents.Kept(clean, free),
        null);
  }

  /**
   * Whether a stage begins with the picture's latents. diffusers' pipeline of FLUX.1 Fill takes
   * them at strength 1, too: nothing is left of them beneath the noise but what they drew.
   */
  private boolean beginsOf(PictureInput input, Stage stage) {
    return stage.index() == 0
        && (input == PictureInput.LATENTS_THEN_PIXELS || !picture.beginsWithNoise());
  }

  /** What a model that {@linkplain Denoiser#lookingAt looks at} the picture is given in a stage. */
  Tensor reference(Stage stage) {
    RgbImage seen =
        picture.mask().isPresent()
            ? picture.fitted(stage.width(), stage.height())
            : whole(ReferenceSizes.of(picture.image(), (long) stage.width() * stage.height()));
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(model.codec().encode(pixels(seen)));
    }
  }

  private RgbImage whole(ImageSize size) {
    RgbImage image = picture.image();
    return image.width() == size.width() && image.height() == size.height()
        ? image
        : Resampler.resized(image, size.width(), size.height(), ResampleKernel.LANCZOS);
  }

  private Tensor begin(Tensor clean, Tensor free) {
    return picture.inpainting().content().begin(clean, free, noise);
  }

  private Tensor clean(Stage stage) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor begun = pixels(picture.begun(stage.width(), stage.height()));
      return scope.keep(
          picture.reference() // as diffusers' pipelines of FLUX.1 Kontext, which draw nothing
              ? model.codec().encode(begun)
              : model.codec().sample(begun, noise));
    }
  }

  /** [1, 3, H, W]. */
  private static Tensor pixels(RgbImage image) {
    return ImageTensors.toTensor(List.of(image));
  }

  /** [1, 1, h, w], 1 where latents are made anew. */
  private Tensor free(Mask mask, Stage stage) {
    return Tensors.of(mask.squares(last.width() / stage.latentWidth()), stage.latentShape(1, 1));
  }

  /** What an inpainting model is shown, as its {@link PictureInput} says. */
  private Tensor shown(PictureInput input, Stage stage, Mask mask, Tensor free) {
    try (TensorScope scope = TensorScope.open()) {
      RgbImage fitted = picture.fitted(stage.width(), stage.height());
      float[] freePixels = mask.squares(last.width() / stage.width());
      Tensor kept = Tensors.of(freePixels, 1, 1, stage.height(), stage.width()).neg().add(1);
      Tensor seen = model.codec().sample(pixels(fitted).mul(kept), noise);
      List<Tensor> parts =
          input == PictureInput.LATENTS_THEN_PIXELS
              ? List.of(seen, ofLatents(kept.neg().add(1), stage))
              : List.of(free, seen);
      return scope.keep(Tensors.cat(parts, 1));
    }
  }

  /** [1, 1, H, W] as [1, f², h, w]: the pixels of each latent, row by row. */
  private Tensor ofLatents(Tensor pixels, Stage stage) {
    int side = model.codec().factor();
    return pixels
        .reshape(1, stage.latentHeight(), side, stage.latentWidth(), side)
        .permute(0, 2, 4, 1, 3)
        .reshape(stage.latentShape(1, side * side));
  }
}
