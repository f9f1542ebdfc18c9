package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import io.lssgen.image.Area;
import io.lssgen.image.Mask;
import io.lssgen.image.PullPush;
import io.lssgen.image.ResampleKernel;
import io.lssgen.image.Resampler;
import io.lssgen.image.RgbImage;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A picture that a run begins with instead of noise (SDEdit, arXiv 2108.01073): it is encoded, gets
 * the noise of a level and is denoised from there on, in one stage of the whole size.
 *
 * <p>With a mask (inpainting), latents beyond it are set back to the picture's after every step, as
 * diffusers' inpainting pipelines do with models that were not trained for it, and the picture's
 * own pixels are put back at the end. Where the mask is soft, what is set back is already partly of
 * the {@link MaskedContent}, as in AUTOMATIC1111. At strength 1 a run with a mask begins with noise
 * alone, in as many stages as one without a picture.
 *
 * @param image scaled to the wanted size; where its sides have another ratio, its middle is taken
 * @param strength the share of the steps that are taken, in (0, 1]: near 0 the picture stays as it
 *     is, at 1 hardly anything of it is left, and nothing of what lies in a mask
 * @param mask what of it is made anew, of the picture's proportions; without one, everything
 * @param inpainting how that is made; usual without a mask
 * @param reference whether it is looked at all the way, too, by a model that can; then a run
 *     without a mask begins with noise alone
 */
public record InitialPicture(
    RgbImage image,
    double strength,
    Optional<Mask> mask,
    Inpainting inpainting,
    boolean reference) {
  /** The strength unless one is named: that of AUTOMATIC1111 and stable-diffusion.cpp. */
  public static final double DEFAULT_STRENGTH = 0.75;

  /**
   * @throws UsageException if the strength is outside (0, 1], the mask has other proportions or
   *     leaves everything as it is, or something is said of inpainting without a mask
   */
  public InitialPicture {
    requireStrength(strength);
    mask.ifPresent(given -> require(given, image));
    mask = mask.map(given -> given.resized(image.width(), image.height()));
    require(inpainting, mask);
  }

  /**
   * Checks a strength.
   *
   * @throws UsageException if it is outside (0, 1]
   */
  public static void requireStrength(double strength) {
    if (!(strength > 0 && strength <= 1)) {
      throw new UsageException("the strength must be above 0 and at most 1, found " + strength);
    }
  }

  /** Which nobody looks at on the way. */
  public InitialPicture(
      RgbImage image, double strength, Optional<Mask> mask, Inpainting inpainting) {
    this(image, strength, mask, inpainting, false);
  }

  /** To be looked at all the way, by a model that can (FLUX.1 Kontext); others refuse it. */
  public static InitialPicture reference(RgbImage image) {
    return new InitialPicture(image, 1).lookedAt();
  }

  /** The same, which is looked at all the way; without a mask, at strength 1. */
  InitialPicture lookedAt() {
    return new InitialPicture(image, mask.isEmpty() ? 1 : strength, mask, inpainting, true);
  }

  /** Without a mask. */
  public InitialPicture(RgbImage image, double strength) {
    this(image, strength, Optional.empty());
  }

  /** Of which the whole is looked at. */
  public InitialPicture(RgbImage image, double strength, Optional<Mask> mask) {
    this(image, strength, mask, Inpainting.USUAL);
  }

  /** Of which only what lies around the mask is looked at. */
  public InitialPicture onlyMasked(int pixels) {
    return with(new Inpainting(OptionalInt.of(pixels), inpainting.content()));
  }

  /** Of which what the mask leaves free begins otherwise. */
  public InitialPicture beginningWith(MaskedContent content) {
    return with(new Inpainting(inpainting.padding(), content));
  }

  private InitialPicture with(Inpainting otherwise) {
    return new InitialPicture(image, strength, mask, otherwise, reference);
  }

  private static void require(Inpainting inpainting, Optional<Mask> mask) {
    if (mask.isEmpty() && !inpainting.equals(Inpainting.USUAL)) {
      throw new UsageException(
          "a picture without a mask has %s; name a mask, or leave that out"
              .formatted(
                  inpainting.padding().isPresent()
                      ? "a padding around it"
                      : "a content of it, " + inpainting.content().label()));
    }
    if (inpainting.padding().isPresent()) {
      // In the picture's size, where something may have vanished.
      mask.ifPresent(InitialPicture::requireNotEmpty);
    }
  }

  private static void require(Mask mask, RgbImage image) {
    long across = (long) mask.width() * image.height();
    long down = (long) mask.height() * image.width();
    long off = Math.abs(across - down);
    // By the rounding of one side, and not by much even of a tiny one.
    if (off > Math.max(image.width(), image.height()) || off > across / 20) {
      throw new UsageException(
          "the mask must have the proportions of the picture of %dx%d pixels, found %dx%d; cut it to fit"
              .formatted(image.width(), image.height(), mask.width(), mask.height()));
    }
    requireNotEmpty(mask);
  }

  private static void requireNotEmpty(Mask mask) {
    if (mask.isEmpty()) {
      throw new UsageException(
          "the mask leaves the whole picture of %dx%d pixels as it is: no pixel of it is mostly"
                  .formatted(mask.width(), mask.height())
              + " free; thin lines vanish when edges are softened or sizes shrunk, and so does what"
              + " lies in edges that are cut off");
    }
  }

  /**
   * Whether such a run begins with noise alone, as one without a picture does.
   *
   * @param masked whether there is a mask
   */
  public static boolean beginsWithNoise(double strength, boolean masked) {
    return masked && strength == 1;
  }

  /** Whether a run begins with noise alone, as one without a picture does. */
  boolean beginsWithNoise() {
    return beginsWithNoise(strength, mask.isPresent()) || (reference && mask.isEmpty());
  }

  /**
   * Checks that something is made anew at this size.
   *
   * @throws UsageException if nothing of the mask is left
   */
  void requireChange(int width, int height) {
    fittedMask(width, height).ifPresent(InitialPicture::requireNotEmpty);
  }

  /** Whether the picture loses something at its edges when it becomes so large. */
  boolean isCut(int width, int height) {
    boolean whole = reference && mask.isEmpty(); // seen in a size of its own
    return !whole
        && inpainting.padding().isEmpty()
        && (long) image.width() * height != (long) image.height() * width;
  }

  /** The picture in another size. */
  RgbImage fitted(int width, int height) {
    return part(width, height, image::crop)
        .map(part -> Resampler.resized(part, width, height, ResampleKernel.LANCZOS))
        .orElse(image);
  }

  /**
   * What a run begins with, in another size: where the mask leaves it free, what {@link
   * MaskedContent} says, unless the run begins with noise.
   */
  RgbImage begun(int width, int height) {
    if (!beginsOtherwise()) {
      return fitted(width, height);
    }
    Area seen = area(width, height);
    // Before it is resized, which would mix what lies in the mask with what lies around it.
    RgbImage filled = PullPush.filled(seen.of(image::crop), seen.of(mask.orElseThrow()::crop));
    return filled.width() == width && filled.height() == height
        ? filled
        : Resampler.resized(filled, width, height, ResampleKernel.LANCZOS);
  }

  /** Whether what a mask leaves free begins with anything but the picture itself. */
  boolean beginsOtherwise() {
    return inpainting.content() != MaskedContent.ORIGINAL && !beginsWithNoise();
  }

  /** The mask in another size. */
  Optional<Mask> fittedMask(int width, int height) {
    return mask.map(
        whole ->
            part(width, height, whole::crop)
                .map(part -> part.resized(width, height))
                .orElse(whole));
  }

  /**
   * A run's result: with a mask, what was made lies in it alone.
   *
   * @param made what the run made, of any size
   */
  RgbImage around(RgbImage made) {
    return inpainting.padding().isPresent() ? within(made) : onTop(made);
  }

  /** Put back where it was seen, in the picture's own pixels. */
  private RgbImage within(RgbImage made) {
    Area area = area(made.width(), made.height());
    Mask free = area.of(mask.orElseThrow()::crop);
    RgbImage kept = area.of(image::crop);
    RgbImage fitted = Resampler.resized(made, area.width(), area.height(), ResampleKernel.LANCZOS);
    return image.replaced(area.left(), area.top(), free.blend(kept, fitted));
  }

  private RgbImage onTop(RgbImage made) {
    return fittedMask(made.width(), made.height())
        .map(fitted -> fitted.blend(fitted(made.width(), made.height()), made))
        .orElse(made);
  }

  /** What is looked at, cut out; empty where that is the whole and has the size already. */
  private <T> Optional<T> part(int width, int height, Area.Crop<T> whole) {
    Area area = area(width, height);
    boolean isAll = area.width() == image.width() && area.height() == image.height();
    return isAll && image.width() == width && image.height() == height
        ? Optional.empty()
        : Optional.of(area.of(whole));
  }

  /** What is looked at: the largest part of these proportions, or what lies around the mask. */
  private Area area(int width, int height) {
    OptionalInt padding = inpainting.padding();
    return padding.isPresent()
        ? Area.around(mask.orElseThrow(), padding.getAsInt(), width, height)
        : middle(width, height);
  }

  private Area middle(int width, int height) {
    double scale = Math.min((double) image.width() / width, (double) image.height() / height);
    int partWidth = Math.max(1, Math.min(image.width(), (int) Math.round(width * scale)));
    int partHeight = Math.max(1, Math.min(image.height(), (int) Math.round(height * scale)));
    return new Area(
        (image.width() - partWidth) / 2, (image.height() - partHeight) / 2, partWidth, partHeight);
  }
}
