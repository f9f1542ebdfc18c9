package io.lssgen.server.jobs;

import io.lssgen.errors.UsageException;
import io.lssgen.image.ImageSize;
import io.lssgen.image.Mask;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.ControlPicture;
import io.lssgen.pipeline.InitialPicture;
import io.lssgen.server.Limits;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.pictures.EncodedPicture;
import io.lssgen.server.pictures.SentPicture;
import io.lssgen.server.store.InitialPictures;
import io.lssgen.server.store.JobPictures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a job is to make from the fields that describe it, each checked against the limits
 * before anything is done with it; by whichever way they came.
 *
 * @param limits of pictures, steps and texts
 * @param controlNets where a ControlNet of this name is; throws a UsageException if there is none
 */
public record JobFields(Limits limits, Function<String, Path> controlNets) {
  /** How many pictures a job may follow. */
  public static final int MOST_CONTROLS = InitialPictures.MOST_FOLLOWED;

  private static final String CONTROL = "control";

  private static final int MAXIMUM_SIDE = 1 << 14;
  private static final int LONGEST_NAME = 200;

  /** Drawn seeds fit into what other programs read: 32 bits. */
  private static final long SEEDS = 1L << 32;

  /** The largest whole number that every JSON reader keeps exact. */
  private static final long LARGEST_SEED = 1L << 53;

  /**
   * What is asked for; of a mask, white says what is made anew.
   *
   * @param model that is to make it
   * @param previews whether listeners are shown pictures of the way unless the fields say
   * @throws ApiException if a field is of the wrong kind or beyond its range
   */
  public Wanted read(Fields fields, String model, boolean previews) {
    return read(
        fields,
        model,
        previews,
        () -> SentPicture.read(fields, SentPicture.Masks.WHITE, limits.pixels()));
  }

  /**
   * As {@link #read(Fields, String, boolean)}, with another kind of picture.
   *
   * @param sent reads what is begun with, null for noise alone; asked when all that costs little to
   *     be refused was
   */
  Wanted read(Fields fields, String model, boolean previews, Supplier<@Nullable SentPicture> sent) {
    String prompt = prompt(fields);
    int[] size = size(fields);
    Fields lssgen = fields.object("lssgen").orElseGet(() -> new Fields(Json.object()));
    int images = fields.integer("n", 1, limits.images()).orElse(1);
    List<ControlFields> controls = controls(fields);
    InitialPicture picture = picture(fields, sent.get());
    JobPictures pictures = new JobPictures(picture, followed(controls));
    Optional<InitialPicture> begun = Optional.ofNullable(picture);
    Optional<InitialPicture> masked = begun.filter(each -> each.mask().isPresent());
    JobRequest request =
        new JobRequest(
            prompt,
            fields.text("negative_prompt", limits.prompt()).orElse(""),
            model,
            images,
            size[0] == 0 ? null : size[0],
            size[1] == 0 ? null : size[1],
            steps(fields),
            orNull(fields.number("guidance_scale", 0, 1000)),
            orNull(fields.number("true_cfg_scale", 1, 1000)),
            orNull(fields.integer("clip_skip", 1, 100)),
            fields.text("sampler", LONGEST_NAME).orElse(null),
            fields.text("scheduler", LONGEST_NAME).orElse(null),
            seed(fields, images),
            begun.map(InitialPicture::strength).orElse(null),
            masked.flatMap(InitialPicture::mask).map(Mask::blur).orElse(null),
            masked.map(each -> orNull(each.inpainting().padding())).orElse(null),
            masked.map(each -> each.inpainting().content().label()).orElse(null),
            controls.isEmpty() ? null : controls.stream().map(ControlFields::kept).toList(),
            lssgen.text("scaling", LONGEST_NAME).orElse(null),
            orNull(lssgen.integer("min_size", 1, MAXIMUM_SIDE)),
            orNull(lssgen.number("start_sigma", 1e-6, 1)),
            lssgen.flag("shorten_intermediate_steps").orElse(null),
            lssgen.flag("plain").orElse(false),
            fields.integer("partial_images", 0, 3).orElse(0),
            fields.flag("previews").orElse(previews));
    return new Wanted(request, pictures);
  }

  /**
   * A picture to follow, not decoded yet.
   *
   * @param place of its ControlNet; empty: the model itself
   * @param image base64
   */
  private record ControlFields(JobRequest.Followed kept, Optional<Path> place, String image) {}

  /** All that costs little to be refused. */
  private List<ControlFields> controls(Fields fields) {
    List<ControlFields> controls = new ArrayList<>();
    for (Fields each : fields.objects(CONTROL, MOST_CONTROLS)) {
      Optional<String> net = each.text("net", LONGEST_NAME).filter(name -> !name.isEmpty());
      String image =
          each.text(SentPicture.IMAGE, 2 * Bodies.PICTURE)
              .orElseThrow(
                  () ->
                      ApiException.unprocessable(
                          CONTROL, EncodedPicture.wanted(CONTROL + "." + SentPicture.IMAGE)));
      each.drop(SentPicture.IMAGE);
      controls.add(
          new ControlFields(
              new JobRequest.Followed(
                  net.orElse(null),
                  each.number("strength", 0, ControlPicture.MOST).orElse(1),
                  each.number("start", 0, 1).orElse(0),
                  each.number("end", 0, 1).orElse(1)),
              refusing(() -> net.map(controlNets)),
              image));
    }
    return controls;
  }

  private List<ControlPicture> followed(List<ControlFields> controls) {
    List<ControlPicture> followed = new ArrayList<>();
    for (ControlFields each : controls) {
      RgbImage image =
          new EncodedPicture(CONTROL + "." + SentPicture.IMAGE, each.image)
              .decoded(limits.pixels());
      followed.add(refusing(() -> each.kept.picture(each.place, image)));
    }
    return followed;
  }

  private static <T> T refusing(Supplier<T> made) {
    try {
      return made.get();
    } catch (UsageException e) {
      throw ApiException.unprocessable(CONTROL, String.valueOf(e.getMessage()));
    }
  }

  /** What the pictures show. */
  String prompt(Fields fields) {
    return fields
        .text("prompt", limits.prompt())
        .filter(text -> !text.isBlank())
        .orElseThrow(
            () -> ApiException.malformed("prompt", "prompt wants what the picture shall show"));
  }

  private static @Nullable InitialPicture picture(Fields fields, @Nullable SentPicture sent) {
    OptionalDouble strength = fields.number("strength", 1e-6, 1);
    if (sent == null) {
      strength.ifPresent(value -> fields.warn("strength has no effect without an image"));
      return null;
    }
    return sent.initial(strength);
  }

  /** By the name that OpenAI-like servers give it, or by the short one. */
  private @Nullable Integer steps(Fields fields) {
    Integer steps = orNull(fields.integer("num_inference_steps", 1, limits.steps()));
    Integer named = orNull(fields.integer("steps", 1, limits.steps()));
    if (steps != null && named != null && !steps.equals(named)) {
      throw ApiException.unprocessable(
          "steps",
          "num_inference_steps and steps mean the same, found %d and %d; leave one out"
              .formatted(steps, named));
    }
    return steps == null ? named : steps;
  }

  /** Width and height, 0 where the model's own is wanted. */
  private int[] size(Fields fields) {
    int width = fields.integer("width", 1, MAXIMUM_SIDE).orElse(0);
    int height = fields.integer("height", 1, MAXIMUM_SIDE).orElse(0);
    Optional<String> size = fields.text("size", 20).filter(text -> !text.equals("auto"));
    if (size.isPresent()) {
      try {
        ImageSize parsed = ImageSize.parse(size.get());
        requireSame("width", width, parsed.width());
        requireSame("height", height, parsed.height());
        width = parsed.width();
        height = parsed.height();
      } catch (UsageException e) {
        throw ApiException.malformed("size", String.valueOf(e.getMessage()));
      }
    }
    requirePixels(Math.max(width, 1), Math.max(height, 1));
    return new int[] {width, height};
  }

  /** A size is given once, or twice the same. */
  private static void requireSame(String side, int alone, int ofSize) {
    if (alone != 0 && alone != ofSize) {
      throw ApiException.unprocessable(
          side,
          "size and %s disagree, found %d and %d; leave one out".formatted(side, ofSize, alone));
    }
  }

  /**
   * Checks a size.
   *
   * @throws ApiException if it has more pixels than a picture may have
   */
  void requirePixels(int width, int height) {
    if ((long) width * height > limits.pixels()) {
      throw ApiException.unprocessable(
          "size",
          "a picture may have %d pixels here, found %dx%d"
              .formatted(limits.pixels(), width, height));
    }
  }

  /** Picture i has the seed plus i, which is told to the client as well. */
  private static long seed(Fields fields, int images) {
    long seed = fields.whole("seed", -1, LARGEST_SEED - (images - 1)).orElse(-1);
    return seed == -1 ? ThreadLocalRandom.current().nextLong(SEEDS) : seed;
  }

  private static @Nullable Integer orNull(OptionalInt value) {
    return value.isPresent() ? value.getAsInt() : null;
  }

  private static @Nullable Double orNull(OptionalDouble value) {
    return value.isPresent() ? value.getAsDouble() : null;
  }
}
