package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.Mask;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.InitialPicture;
import io.lssgen.pipeline.Inpainting;
import io.lssgen.pipeline.MaskedContent;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A picture to begin with, and what of it is made anew. */
final class InitialPictureOptions {
  @Option(
      names = {"-i", "--init-img"},
      paramLabel = "FILE",
      description =
          "Begin with this picture (PNG, JPEG, WebP) instead of noise, in one stage. Default of"
              + " width and height: the picture's. Without --mask, FLUX.1 Kontext takes it for --ref-image.")
  private @Nullable Path picture;

  @Option(
      names = {"-r", "--ref-image"},
      paramLabel = "FILE",
      description =
          "Look at this picture all the way, for models that can (FLUX.1 Kontext): the prompt says"
              + " what to change in it. Default of width and height: of those that it was trained with,"
              + " the nearest to the picture's shape.")
  private @Nullable Path reference;

  @Option(
      names = "--strength",
      paramLabel = "SHARE",
      description =
          "How much of --init-img is made anew: the share of the steps that are taken, above 0 to"
              + " 1. Default: 0.75.")
  private @Nullable Double strength;

  @Option(
      names = "--mask",
      paramLabel = "FILE",
      description =
          "Make only a part of --init-img anew: where this picture of the same proportions is white."
              + " With --strength 1 the run has as many stages as one without a picture.")
  private @Nullable Path mask;

  @Option(
      names = "--mask-blur",
      paramLabel = "PIXELS",
      description = "How far the edges of --mask are softened, in its pixels, 0 to 64. Default: 4.")
  private @Nullable Double blur;

  @Option(
      names = "--mask-padding",
      paramLabel = "PIXELS",
      description =
          "Look only at what lies so far around --mask, 0 to 4096 of its pixels, in the size that -W"
              + " and -H say (the model's own), and put the result back: details of large pictures,"
              + " which keep their size. Usual: 32. Default: look at the whole picture.")
  private @Nullable Integer padding;

  @Option(
      names = "--masked-content",
      completionCandidates = Choices.MaskedContents.class,
      paramLabel = "WHAT",
      description =
          "What is begun with in --mask: original, the picture; fill, the colours around; noise; or"
              + " nothing, latents of zeros. Without effect at --strength 1. Default: original.")
  private @Nullable MaskedContent content;

  /** Whether a picture is named. */
  boolean present() {
    return picture != null || reference != null;
  }

  /** Whether a mask is named. */
  boolean hasMask() {
    return mask != null;
  }

  /** Whether a run begins with the picture itself, in one stage. */
  boolean isOneStage(OptionalDouble recorded) {
    return picture != null && !InitialPicture.beginsWithNoise(share(recorded), mask != null);
  }

  private double share(OptionalDouble recorded) {
    return strength == null ? recorded.orElse(InitialPicture.DEFAULT_STRENGTH) : strength;
  }

  /**
   * Reads what is named into a request.
   *
   * @param recorded tells what is not named
   * @throws UsageException if a file cannot be read or nothing is there to be changed
   */
  void apply(GenerationRequest.Builder builder, RepeatOptions recorded) {
    requirePartners();
    if (reference != null) {
      builder.initialPicture(InitialPicture.reference(ImageFiles.readUpright(reference)));
    }
    if (picture == null) {
      return;
    }
    RgbImage image = ImageFiles.readUpright(picture);
    double share = share(recorded.strength());
    if (mask == null) {
      builder.initialPicture(image, share);
    } else {
      Mask wanted = ImageFiles.readMask(mask, Mask.Source.BRIGHTNESS);
      Mask soft =
          wanted.blurred(blur == null ? recorded.maskBlur().orElse(Mask.DEFAULT_BLUR) : blur);
      builder.initialPicture(
          new InitialPicture(image, share, Optional.of(soft), inpainting(recorded)));
    }
  }

  private Inpainting inpainting(RepeatOptions recorded) {
    return new Inpainting(
        padding == null ? recorded.maskPadding() : OptionalInt.of(padding),
        content == null ? recorded.maskedContent().orElse(MaskedContent.ORIGINAL) : content);
  }

  private void requirePartners() {
    if (reference != null && picture != null) {
      throw new UsageException(
          "--ref-image and --init-img name one picture each for the same place; leave one of them out");
    }
    if (picture == null && (strength != null || mask != null)) {
      throw new UsageException(
          "%s wants a picture to begin with; name one by --init-img"
              .formatted(strength != null ? "--strength" : "--mask"));
    }
    if (mask == null && blur != null) {
      throw new UsageException("--mask-blur wants a mask; name one by --mask");
    }
    if (mask == null && padding != null) {
      throw new UsageException("--mask-padding wants a mask; name one by --mask");
    }
    if (mask == null && content != null) {
      throw new UsageException("--masked-content wants a mask; name one by --mask");
    }
  }
}
