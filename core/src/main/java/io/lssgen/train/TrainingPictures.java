package io.lssgen.train;

import io.lssgen.errors.UsageException;
import io.lssgen.image.PictureFolders;
import io.lssgen.image.PictureSplit;
import io.lssgen.weights.ModelConfig;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;

/**
 * The section {@code data} of trainings that learn from pictures alone: {@code kind: pictures} with
 * {@code folders} and how they are cut, or {@code kind: emoji-scenes}.
 *
 * @param crops the pictures
 * @param origin names them, for caches; facts are separated by {@code ", "}
 */
record TrainingPictures(ImageSource crops, String origin) {
  private static final String PICTURES = "pictures";
  private static final String SCENES = "emoji-scenes";
  private static final String[] OF_PICTURES = {
    "folders", "held_out", "held_out_list", "least_scale", "flips"
  };
  private static final String[] OF_SCENES = {"artwork", "placement"};

  /**
   * Reads the section and looks for the pictures.
   *
   * @param console is told of pictures that cannot be used
   * @throws UsageException if there are none
   */
  static TrainingPictures of(TrainingConfig config, PrintStream console) {
    ModelConfig data =
        config.section(
            "data",
            "kind",
            "folders",
            "held_out",
            "held_out_list",
            "least_scale",
            "flips",
            "artwork",
            "placement");
    String kind = data.text("kind");
    if (!kind.equals(PICTURES) && !kind.equals(SCENES)) {
      throw new UsageException(
          data.origin() + ": kind wants emoji-scenes or pictures, found " + kind);
    }
    if (kind.equals(SCENES)) {
      config.refuse(data, "with emoji-scenes", OF_PICTURES);
      SceneImages scenes = TrainingRun.scenes(config);
      return new TrainingPictures(scenes.crops(), scenes.origin() + ", crops");
    }
    config.refuse(data, "with pictures", OF_SCENES);
    PictureCrops.Settings settings =
        new PictureCrops.Settings(
            data.number("least_scale", 0.25), data.flag("flips", true), config.seed());
    List<Path> files = training(data);
    console.printf("%d pictures to train on%n", files.size());
    return new TrainingPictures(
        new PictureCrops(files, settings, console::println),
        "pictures %s, %s".formatted(Digests.ofFiles(files), settings));
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
