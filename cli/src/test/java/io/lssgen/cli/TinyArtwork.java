package io.lssgen.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.scenes.EmojiStyle;
import io.lssgen.scenes.SceneObject;
import io.lssgen.scenes.SceneVocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Artwork for every object of the vocabulary, each of its icons a disc. */
final class TinyArtwork {
  private TinyArtwork() {}

  /** A folder as {@code tools/fetch-emoji.sh} leaves it. */
  static Path create(Path folder) throws IOException {
    for (EmojiStyle style : EmojiStyle.values()) {
      ObjectNode set = new ObjectMapper().createObjectNode();
      ObjectNode icons = set.putObject("icons");
      for (SceneObject object : SceneVocabulary.standard().objects()) {
        SceneObject.Icons names = object.icons();
        if (names != null) {
          icons.putObject(names.in(style)).put("body", "<circle cx=\"8\" cy=\"8\" r=\"7\"/>");
        }
      }
      Path target = Files.createDirectories(folder.resolve(style.iconSet()));
      Files.writeString(target.resolve("icons.json"), set.toString());
    }
    return folder;
  }
}
