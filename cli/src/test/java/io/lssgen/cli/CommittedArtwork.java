package io.lssgen.cli;

import io.lssgen.eval.SceneEvaluation;
import io.lssgen.eval.TrueScenes;
import io.lssgen.scenes.Placement;
import io.lssgen.scenes.ScenePrompt;
import io.lssgen.scenes.ScenePrompts;
import io.lssgen.scenes.SceneVocabulary;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/** Scenes of coloured shapes and of the eight icons that are in the repository. */
final class CommittedArtwork {
  private static final Path FOLDER = TinyModel.GOLDEN.resolveSibling("emoji");

  private static final SceneVocabulary VOCABULARY =
      SceneVocabulary.standard()
          .withIconsOnly(
              Set.of("dog", "cat", "apple", "blue-book", "car", "penguin", "banana", "house"));

  private CommittedArtwork() {}

  static List<ScenePrompt> prompts(int perCategory, Placement placement) {
    return ScenePrompts.make(VOCABULARY, perCategory, 1, placement);
  }

  static SceneEvaluation.Painter painter(int side) {
    return TrueScenes.drawn(VOCABULARY, FOLDER, side);
  }
}
