package io.lssgen.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/** What a run reports, appended to {@code log.jsonl} and to a TensorBoard event file. */
public final class TrainingLog implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final BufferedWriter lines;
  private final TensorBoardWriter events;

  /** Opens or goes on with the logs in {@code folder}. */
  public TrainingLog(Path folder) {
    this.folder = folder;
    try {
      Files.createDirectories(folder);
      lines =
          Files.newBufferedWriter(
              folder.resolve("log.jsonl"),
              StandardCharsets.UTF_8,
              StandardOpenOption.CREATE,
              StandardOpenOption.APPEND);
      events = new TensorBoardWriter(folder);
    } catch (IOException e) {
      throw new LssGenException("the training log in " + folder + " cannot be written", e);
    }
  }

  /** Writes one line and one event. */
  public void write(long step, Map<String, Double> values) {
    try {
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("step", step);
      line.putAll(values);
      lines.write(JSON.writeValueAsString(line));
      lines.newLine();
      lines.flush();
      events.scalars(step, values);
    } catch (IOException e) {
      throw new LssGenException(
          "the training log in %s cannot be written: %s; free some space, the same command goes on"
              .formatted(folder, IoReason.of(e)),
          e);
    }
  }

  @Override
  public void close() {
    try (lines) {
      events.close();
    } catch (IOException e) {
      throw new LssGenException("the training log cannot be closed: " + IoReason.of(e), e);
    }
  }
}
