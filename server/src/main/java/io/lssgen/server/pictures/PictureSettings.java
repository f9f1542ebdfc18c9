package io.lssgen.server.pictures;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.server.http.Json;

/** A picture's settings by the names that AUTOMATIC1111 gives them. */
public final class PictureSettings {
  private PictureSettings() {}

  /**
   * Prompt, negative prompt and all else.
   *
   * @param parameters AUTOMATIC1111's text form; empty if the picture tells nothing
   */
  public static ObjectNode of(String parameters) {
    ObjectNode settings = Json.object();
    if (!parameters.isEmpty()) {
      GenerationMetadata metadata = GenerationMetadata.parseParameters(parameters);
      settings.put("Prompt", metadata.prompt());
      settings.put("Negative prompt", metadata.negativePrompt());
      metadata.settings().forEach(settings::put);
    }
    return settings;
  }
}
