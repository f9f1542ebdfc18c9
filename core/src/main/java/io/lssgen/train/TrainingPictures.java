package io.lssgen.train;

import io.lssgen.errors.UsageException;
import io.lssgen.image.PictureFolders;
import io.lssgen.image.PictureSplit;
import io.lssgen.weights.ModelConfig;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The section {@code data} of trainings that learn from pictures alone: {@code kind: emoji-scenes},
 * or {@code kind: pictures} with {@code folders}, how they are cut, and the share of crops that
 * {@code scenes} are: drawings, where the pictures are photographs.
 *
 * @param crops the pictures
 * @param origin names them, for caches; facts are separated by {@code ", "}
 */
record TrainingPictures(ImageSource crops, String origin) {
  private static final String PICTURES = "pictures";
  private static final String SCENES = "scenes";
  private static final String[] OF_PICTURES = {
    "folders", "held_out", "held_out_list", "least_scale", "flips", SCENES
  };

  /** The seed of which crops are others. */
  private static final long CHOICE = 4;

  /**
   * Reads the section and looks for the pictures.
   *
   * @param console is told of pictures that cannot be used
   * @throws UsageException if there are none
   */
  static TrainingPictures of(TrainingConfig config, PrintStream console) {
    ModelConfig data = SceneData.section(config, OF_PICTURES);
    String kind = data.text("kind");
    if (kind.equals(SceneData.KIND)) {
      config.refuse(data, "with emoji-scenes", OF_PICTURES);
      return scenes(data, config.seed());
    }
    if (!kind.equals(PICTURES)) {
      throw new UsageException(
          data.origin() + ": kind wants emoji-scenes or pictures, found " + kind);
    }
    if (data.has(SCENES)) {
      double share = config.share(data, SCENES, 0);
      return files(data, config.seed(), console).mixed(scenes(data, config.seed()), share);
    }
    config.refuse(data, "with pictures and no share of scenes", SceneData.FIELDS);
    return files(data, config.seed(), console);
  }

  private static TrainingPictures scenes(ModelConfig data, long seed) {
    SceneImages scenes = SceneData.images(data, seed);
    return new TrainingPictures(scenes.crops(), scenes.origin() + ", crops");
  }

  private static TrainingPictures files(ModelConfig data, long seed, PrintStream console) {
    PictureCrops.Settings settings =
        new PictureCrops.Settings(data.number("least_scale", 0.25), data.flag("flips", true), seed);
    List<Path> files = training(data);
    console.printf("%d pictures to train on%n", files.size());
    return new TrainingPictures(
        new PictureCrops(files, settings, console::println),
        "pictures %s, %s".formatted(Digests.ofFiles(files), settings));
  }

  /** These, but for a share of the crops, which are others. */
  private TrainingPictures mixed(TrainingPictures others, double share) {
    return new TrainingPictures(
        (index, side) -> {
          long whole = index / ImageSource.CROPS_OF_ONE;
          boolean other = new SplittableRandom(Seeds.mix(CHOICE, whole)).nextDouble() < share;
          return (other ? others : this).crops().image(index, side);
        },
        "%s, in %s of crops: %s".formatted(origin, share, others.origin()));
  }

  private static List<Path> training(ModelConfig data) {
    PictureSplit split =
        data.has("held_out_list")
            ? PictureSplit.listed(Path.of(data.text("held_out_list")))
            : PictureSplit.hashed(data.number("held_out", PictureSplit.DEFAULT_SHARE));
    List<Path> all = PictureFolders.list(data.texts("folders").stream().map(Path::of).toList());
    List<Path> training = all.stream().filter(file -> !split.holdsOut(file)).toList();
    if (training.isEmpty()) {
      throw new UsageException(
          "%s: all %d pictures are held out, so none is left to train on; give more, or a smaller"
                  .formatted(data.origin(), all.size())
              + " held_out");
    }
    return training;
  }
}
