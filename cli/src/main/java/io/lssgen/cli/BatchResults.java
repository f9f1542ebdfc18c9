package io.lssgen.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What became of a batch's requests: a file of one JSON object for each, which a later run goes on
 * from. Each is on the disk before the next request begins; one that a crash cut off is made again.
 */
final class BatchResults implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ID = "custom_id";
  private static final String REQUEST = "request";
  private static final String ERROR = "error";
  private static final String PREFIX = "results";
  private static final String ENDING = ".jsonl";

  private final Path file;
  private final FileChannel channel;

  /** Digests of the requests that were made, by their ids. */
  private final Map<String, String> made = new HashMap<>();

  private BatchResults(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Opens the results in a folder, which is made if it is not there.
   *
   * @param folder new, empty, or that of an earlier run
   * @param part of the batch: empty, or {@code -2-of-8}
   * @throws UsageException if it holds other files, or another process works on the same part
   */
  static BatchResults open(Path folder, String part) {
    Path file = folder.resolve(PREFIX + part + ENDING);
    try {
      Files.createDirectories(folder);
      requireOwn(folder);
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      BatchResults results = new BatchResults(file, channel);
      try {
        results.lock();
        results.readOwn();
        results.readOthers(folder);
        return results;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UsageException("cannot use %s: %s".formatted(file, IoReason.of(e)));
    }
  }

  private static void requireOwn(Path folder) throws IOException {
    try (Stream<Path> listed = Files.list(folder)) {
      boolean foreign = false;
      for (Path each : (Iterable<Path>) listed::iterator) {
        if (isResults(each)) {
          return;
        }
        foreign |= !each.getFileName().toString().startsWith(".");
      }
      if (foreign) {
        throw new UsageException(
            "%s holds other files and no results of a batch; name a new folder".formatted(folder));
      }
    }
  }

  private static boolean isResults(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith(PREFIX) && name.endsWith(ENDING);
  }

  private void lock() throws IOException {
    try {
      if (channel.tryLock() != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // By this process, which is no better.
    }
    throw new UsageException(
        "another process works on %s; wait for it, or share the work by --shard".formatted(file));
  }

  /** What other parts made, as far as they have come. */
  private void readOthers(Path folder) throws IOException {
    try (Stream<Path> listed = Files.list(folder)) {
      for (Path each : (Iterable<Path>) listed::iterator) {
        if (isResults(each) && !each.equals(file)) {
          try (FileChannel other = FileChannel.open(each, StandardOpenOption.READ)) {
            read(other);
          }
        }
      }
    }
  }

  /** Up to the last whole line; returns its end. */
  private long read(FileChannel from) throws IOException {
    long whole = 0;
    BufferedReader reader = new BufferedReader(Channels.newReader(from, UTF_8)); // not to be closed
    String line = reader.readLine();
    while (line != null) {
      long end = whole + line.getBytes(UTF_8).length + 1;
      if (end > from.size() || !take(line)) {
        break;
      }
      whole = end;
      line = reader.readLine();
    }
    return whole;
  }

  private void readOwn() throws IOException {
    long whole = read(channel);
    if (whole < channel.size()) {
      cut(whole);
    }
    channel.position(whole);
  }

  /** What follows a line that was cut off would be lost with it: that is no crash's doing. */
  private void cut(long whole) throws IOException {
    ByteBuffer rest = ByteBuffer.allocate((int) Math.min(1 << 20, channel.size() - whole));
    channel.read(rest, whole);
    String text = new String(rest.array(), 0, rest.position(), UTF_8);
    int end = text.indexOf('\n');
    if (end >= 0 && end < text.length() - 1 || rest.position() == 1 << 20) {
      throw new UsageException(
          "%s is damaged after its first %d bytes; mend it or name another folder"
              .formatted(file, whole));
    }
    channel.truncate(whole);
  }

  private boolean take(String line) {
    try {
      JsonNode node = JSON.readTree(line);
      if (!node.path(ID).isTextual() || !node.path(REQUEST).isTextual()) {
        return false;
      }
      if (node.path(ERROR).isMissingNode()) {
        made.put(node.get(ID).textValue(), node.get(REQUEST).textValue());
      }
      return true;
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /** Where it is. */
  Path file() {
    return file;
  }

  /** Whether a request was made already. */
  boolean has(BatchFile.Line line) {
    return made.containsKey(line.id());
  }

  /**
   * True.
   *
   * @throws UsageException if another request was made by the same id
   */
  boolean isNewOrSame(BatchFile.Line line) {
    String digest = made.get(line.id());
    if (digest != null && !digest.equals(line.digest())) {
      throw new UsageException(
          "line %d, '%s', is not the request that results in %s tell of; name another folder for it"
              .formatted(line.number(), line.id(), file.getParent()));
    }
    return true;
  }

  /**
   * Notes what became of a request.
   *
   * @param result the rest of its object
   * @throws LssGenException if the disk refuses
   */
  void add(BatchFile.Line line, ObjectNode result) {
    ObjectNode node = JSON.createObjectNode();
    node.put(ID, line.id()).put(REQUEST, line.digest()).setAll(result);
    try {
      ByteBuffer bytes = ByteBuffer.wrap((JSON.writeValueAsString(node) + "\n").getBytes(UTF_8));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(false);
    } catch (IOException e) {
      throw new LssGenException("cannot write %s: %s".formatted(file, IoReason.of(e)), e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new LssGenException("cannot write %s: %s".formatted(file, IoReason.of(e)), e);
    }
  }
}
