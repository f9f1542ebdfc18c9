package io.lssgen.server.jobs;

import io.lssgen.image.ImageSize;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.ControlPicture;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.InitialPicture;
import io.lssgen.pipeline.Inpainting;
import io.lssgen.pipeline.MaskedContent;
import io.lssgen.pipeline.ModelDefaults;
import io.lssgen.pipeline.PictureShape;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import io.lssgen.server.store.JobPictures;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a job makes, as it is kept in the database: whatever API a request came by. What is null is
 * as the model's defaults say; sides of a job with a picture are as that picture's shape says.
 *
 * @param prompt what the pictures show
 * @param negativePrompt what they shall not show
 * @param model by its name
 * @param images how many pictures
 * @param width pixels
 * @param height pixels
 * @param steps that a run without scaling has
 * @param guidanceScale what distilled models are told; the scale of classifier-free guidance for
 *     models that take no such thing
 * @param trueCfgScale the scale of classifier-free guidance
 * @param clipSkip layer of CLIP that is read
 * @param sampler name of a sampling method
 * @param scheduler name of a spacing of noise levels
 * @param seed of the first picture, drawn already: a job that begins again makes the same pictures
 * @param strength of the picture that the job begins with, in (0, 1]; null if it has none
 * @param maskBlur how far the edges of that picture's mask were softened, in pixels; null if it has
 *     none
 * @param maskPadding how far around that mask is looked at, in the picture's pixels; null: at all
 *     of it
 * @param maskedContent what is begun with in that mask; null: the picture
 * @param followed how pictures are followed, in the order in which they came; null if none is
 * @param scaling name of the space in which latents are scaled
 * @param minSize smallest side of a stage
 * @param startSigma noise level at which later stages begin
 * @param shorten whether small stages get fewer steps
 * @param plain no scaling and no shortening
 * @param partials how many pictures of the way to each picture are wanted
 * @param previews whether listeners are shown pictures of the way
 */
public record JobRequest(
    String prompt,
    String negativePrompt,
    String model,
    int images,
    @Nullable Integer width,
    @Nullable Integer height,
    @Nullable Integer steps,
    @Nullable Double guidanceScale,
    @Nullable Double trueCfgScale,
    @Nullable Integer clipSkip,
    @Nullable String sampler,
    @Nullable String scheduler,
    long seed,
    @Nullable Double strength,
    @Nullable Double maskBlur,
    @Nullable Integer maskPadding,
    @Nullable String maskedContent,
    @Nullable List<Followed> followed,
    @Nullable String scaling,
    @Nullable Integer minSize,
    @Nullable Double startSigma,
    @Nullable Boolean shorten,
    boolean plain,
    int partials,
    boolean previews) {

  /**
   * How a picture is followed; see {@link ControlPicture}.
   *
   * @param net the ControlNet's name; null: the model itself follows it
   */
  public record Followed(@Nullable String net, double strength, double start, double end) {
    /**
     * The picture that is followed so.
     *
     * @param place of the ControlNet; empty: the model itself follows it
     * @throws io.lssgen.errors.UsageException if a number is out of its range
     */
    ControlPicture picture(Optional<Path> place, RgbImage image) {
      return new ControlPicture(place, image, strength, start, end);
    }
  }

  /** How what lies in the picture's mask is made anew. */
  public Inpainting inpainting() {
    return new Inpainting(
        maskPadding == null ? OptionalInt.empty() : OptionalInt.of(maskPadding),
        maskedContent == null ? MaskedContent.ORIGINAL : MaskedContent.parse(maskedContent));
  }

  /**
   * As the library reads it.
   *
   * @param model that makes it
   * @param first the first picture to make, counted from 0
   * @param pictures of the job
   * @throws io.lssgen.errors.UsageException if a name or a value is none
   */
  public GenerationRequest toGeneration(TextToImage model, int first, JobPictures pictures) {
    return builder(model, first, pictures).build();
  }

  /** As {@link #toGeneration}, to be changed before it is built. */
  public GenerationRequest.Builder builder(TextToImage model, int first, JobPictures pictures) {
    ModelDefaults defaults = model.defaults();
    GenerationRequest.Builder builder =
        GenerationRequest.builder(prompt)
            .negativePrompt(negativePrompt)
            .seed(seed + first)
            .images(images - first)
            .plain(plain)
            .keepImages(false);
    pictures.followed().forEach(builder::control);
    InitialPicture picture = pictures.begun();
    if (picture != null) {
      builder.initialPicture(picture);
      boolean looked = model.looksAtPictures() && picture.mask().isEmpty(); // has sizes of its own
      if (picture.inpainting().padding().isEmpty() && !looked) {
        sidesOf(picture.image(), defaults, builder);
      }
    }
    set(width, builder::width);
    set(height, builder::height);
    set(steps, builder::steps);
    set(clipSkip, builder::clipSkip);
    set(minSize, builder::minSize);
    set(startSigma, builder::startSigma);
    set(shorten, builder::shorten);
    set(sampler, name -> builder.samplingMethod(SamplingMethod.parse(name)));
    set(scheduler, name -> builder.sigmaSchedule(SigmaSchedule.parse(name)));
    set(scaling, name -> builder.scaling(ScalingSpace.parse(name)));
    if (defaults.guidance().isPresent()) {
      set(guidanceScale, builder::guidance);
    } else {
      set(guidanceScale, scale -> builder.cfgScale(Math.max(1, scale)));
    }
    set(trueCfgScale, builder::cfgScale);
    return builder;
  }

  /** A side that is not asked for is the picture's, in as many pixels as the model's own. */
  private void sidesOf(
      RgbImage picture, ModelDefaults defaults, GenerationRequest.Builder builder) {
    ImageSize sides =
        PictureShape.of(picture)
            .sides(side(width), side(height), (long) defaults.width() * defaults.height());
    builder.size(sides.width(), sides.height());
  }

  private static OptionalInt side(@Nullable Integer asked) {
    return asked == null ? OptionalInt.empty() : OptionalInt.of(asked);
  }

  private static <T> void set(@Nullable T value, Consumer<T> setter) {
    if (value != null) {
      setter.accept(value);
    }
  }
}
