package io.lssgen.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.files.AtomicFile;
import io.lssgen.weights.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How often a detector is right about scenes drawn from artwork, stored beside it for those who
 * have no artwork to measure it with.
 *
 * @param pictures what it was measured on, for the reader
 */
public record DetectorAccuracy(String pictures, CategoryScores scores) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String FILE = "accuracy.json";
  private static final String PICTURES = "pictures";
  private static final String SCORES = "true";

  /**
   * What is stored in a detector's folder; empty if nothing is.
   *
   * @throws io.lssgen.errors.ModelException if it is damaged
   */
  public static Optional<DetectorAccuracy> of(Path detector) {
    Path file = detector.resolve(FILE);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    ModelConfig stored = ModelConfig.read(file);
    ModelConfig scores = new ModelConfig(file.toString(), stored.fields().path(SCORES));
    return Optional.of(new DetectorAccuracy(stored.text(PICTURES), CategoryScores.of(scores)));
  }

  /** Stores it in a detector's folder. */
  public void write(Path detector) {
    Path file = detector.resolve(FILE);
    ObjectNode json = JSON.createObjectNode().put(PICTURES, pictures);
    json.set(SCORES, scores.json());
    try {
      byte[] text = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
      AtomicFile.write(file, AtomicFile.IfExists.REPLACE, text);
    } catch (IOException e) {
      throw new LssGenException(file + " cannot be written: " + IoReason.of(e), e);
    }
  }
}
