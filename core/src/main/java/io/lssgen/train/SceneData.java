package io.lssgen.train;

import io.lssgen.errors.UsageException;
import io.lssgen.scenes.EmojiArtwork;
import io.lssgen.scenes.Placement;
import io.lssgen.scenes.SceneKind;
import io.lssgen.scenes.SceneSettings;
import io.lssgen.scenes.Shares;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The section {@code data} of trainings that learn from emoji scenes. */
final class SceneData {
  /** The section's {@code kind}. */
  static final String KIND = "emoji-scenes";

  /** What the section may say of scenes. */
  static final String[] FIELDS = {"artwork", "placement", "kinds"};

  private SceneData() {}

  /** The data section where it must be of emoji scenes: pictures that have captions. */
  static SceneImages images(TrainingConfig config) {
    return images(ofScenes(config), config.seed());
  }

  /** The scenes that a section describes whose kind has been looked at. */
  static SceneImages images(ModelConfig data, long seed) {
    return new SceneImages(artwork(data), new SceneSettings(placement(data), kinds(data)), seed);
  }

  /** Where the artwork is that the data section of a detector wants. */
  static Path artworkOfDetector(TrainingConfig config) {
    ModelConfig data = ofScenes(config);
    config.refuse(data, "on a detector, which learns all scenes", "placement", "kinds");
    return artwork(data);
  }

  /** The data section with what it may say of scenes, and {@code more}. */
  static ModelConfig section(TrainingConfig config, String... more) {
    Set<String> known = new HashSet<>(List.of("kind"));
    Collections.addAll(known, FIELDS);
    Collections.addAll(known, more);
    return config.modelSection("data", known);
  }

  private static ModelConfig ofScenes(TrainingConfig config) {
    ModelConfig data = section(config);
    String kind = data.text("kind");
    if (!kind.equals(KIND)) {
      throw new UsageException(data.origin() + ": kind wants emoji-scenes, found " + kind);
    }
    return data;
  }

  private static Path artwork(ModelConfig data) {
    return data.has("artwork") ? Path.of(data.text("artwork")) : EmojiArtwork.defaultFolder();
  }

  private static Placement placement(ModelConfig data) {
    String wanted = data.text("placement", "free");
    for (Placement placement : Placement.values()) {
      if (ShareTables.label(placement).equals(wanted)) {
        return placement;
      }
    }
    throw new UsageException(
        data.origin() + ": placement wants free, grid or coarse, found " + wanted);
  }

  private static Shares<SceneKind> kinds(ModelConfig data) {
    return data.has("kinds")
        ? ShareTables.kinds(data.fields().get("kinds"))
        : SceneSettings.USUAL_KINDS;
  }
}
