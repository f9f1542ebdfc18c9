package io.lssgen.text;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.files.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes the files of a tokenizer folder, each in one step, with the same bytes on any platform.
 */
final class TokenizerWriter {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;

  TokenizerWriter(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new LssGenException("cannot make the folder " + folder + ": " + IoReason.of(e), e);
    }
  }

  ObjectNode object() {
    return JSON.createObjectNode();
  }

  void json(String name, JsonNode value) {
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(new DefaultIndenter("  ", "\n"));
    try {
      text(name, JSON.writer(printer).writeValueAsString(value) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree cannot be written", e);
    }
  }

  void text(String name, String text) {
    AtomicFile.write(
        folder.resolve(name), AtomicFile.IfExists.REPLACE, text.getBytes(StandardCharsets.UTF_8));
  }
}
