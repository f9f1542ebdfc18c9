package io.lssgen.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.scenes.EmojiStyle;
import io.lssgen.scenes.SceneObject;
import io.lssgen.scenes.SceneVocabulary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Artwork of the whole vocabulary in which each object is the same red disc. */
final class DiscArtwork {
  private DiscArtwork() {}

  static void draw(Path artwork) throws IOException {
    for (EmojiStyle style : EmojiStyle.values()) {
      ObjectNode set = new ObjectMapper().createObjectNode();
      ObjectNode icons = set.putObject("icons");
      for (SceneObject object : SceneVocabulary.standard().objects()) {
        if (object.icons() != null) {
          icons
              .putObject(object.icons().in(style))
              .put("body", "<circle cx=\"8\" cy=\"8\" r=\"7\" fill=\"#c33\"/>");
        }
      }
      Path folder = Files.createDirectories(artwork.resolve(style.iconSet()));
      Files.writeString(folder.resolve("icons.json"), set.toString());
    }
  }
}
