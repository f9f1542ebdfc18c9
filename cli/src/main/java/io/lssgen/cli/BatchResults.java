package io.lssgen.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What became of a batch's requests: a file with a JSON object for each try, the last of a request
 * being what counts, which a later run goes on from. Each is on the disk before the next request
 * begins; one that a crash cut off is made again.
 */
final class BatchResults implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ID = "custom_id";
  private static final String REQUEST = "request";
  private static final String SETTINGS = "settings";
  private static final String ERROR = "error";
  private static final Pattern NAMES = Pattern.compile("results(-[0-9]+-of-[0-9]+)?\\.jsonl");

  /** How each line begins, so that what a crash left of one can be told from others' files. */
  private static final String BEGIN = "{\"" + ID + "\":\"";

  /** The byte that is locked, which no file has: on Windows nobody reads what is locked. */
  private static final long LOCKED = Long.MAX_VALUE - 1;

  private final Path file;
  private final FileChannel channel;

  /** The requests that were made, by their ids in small letters. */
  private final Map<String, Made> made = new HashMap<>();

  /**
   * A request that was made.
   *
   * @param request tells it apart from others
   * @param settings tell model and options apart from others
   * @param images how many files it has
   */
  private record Made(String request, String settings, int images) {}

  private BatchResults(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /**
   * Opens the results in a folder, which is made if it is not there.
   *
   * @param folder new, empty, or that of an earlier run
   * @throws UsageException if it holds other files, results are damaged, or another process works
   *     on the same requests
   */
  static BatchResults open(Path folder, Shard part) {
    Path file = folder.resolve("results" + part.suffix() + ".jsonl");
    try {
      Files.createDirectories(folder);
      List<Path> others = others(folder, file);
      FileChannel channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      BatchResults results = new BatchResults(file, channel);
      try {
        requireLock(channel, file, false);
        results.cut(results.read(channel, file));
        for (Path each : others) {
          results.readOther(each, part);
        }
        return results;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new UsageException("cannot use %s: %s".formatted(file, IoReason.of(e)));
    }
  }

  /** Other parts' results; a folder of other things is refused. */
  private static List<Path> others(Path folder, Path file) throws IOException {
    try (Stream<Path> listed = Files.list(folder)) {
      List<Path> all =
          listed.filter(each -> !each.getFileName().toString().startsWith(".")).toList();
      List<Path> results =
          all.stream()
              .filter(each -> NAMES.matcher(each.getFileName().toString()).matches())
              .toList();
      if (results.isEmpty() && !all.isEmpty()) {
        throw new UsageException(
            "%s holds other files and no results of a batch; name a new folder".formatted(folder));
      }
      return results.stream().filter(each -> !each.equals(file)).toList();
    }
  }

  private static void requireLock(FileChannel channel, Path file, boolean shared)
      throws IOException {
    try {
      if (channel.tryLock(LOCKED, 1, shared) != null) {
        return;
      }
    } catch (OverlappingFileLockException e) {
      // By this process, which is no better.
    }
    throw new UsageException(
        "another process works on %s; wait for it, or share the work by --shard, all with the same count"
            .formatted(file));
  }

  /** Parts of the same count have other requests; those of another one must have ended. */
  private void readOther(Path other, Shard part) throws IOException {
    try (FileChannel from = FileChannel.open(other, StandardOpenOption.READ)) {
      if (part.count() == 1 || !other.getFileName().toString().endsWith(part.ending())) {
        requireLock(from, other, true);
      }
      read(from, other);
    }
  }

  /** All whole lines; returns where they end. */
  private long read(FileChannel from, Path name) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    long whole = 0;
    long at = 0;
    while (from.read(buffer.clear(), at) >= 0) {
      buffer.flip();
      at += buffer.remaining();
      while (buffer.hasRemaining()) {
        byte next = buffer.get();
        if (next == '\n') {
          take(line.toString(UTF_8), name, whole);
          line.reset();
          whole = at - buffer.remaining();
        } else {
          line.write(next);
        }
      }
    }
    requireTorn(line.toString(UTF_8), name, whole);
    return whole;
  }

  private void take(String line, Path name, long begin) {
    try {
      JsonNode node = JSON.readTree(line);
      if (node.path(ID).isTextual() && node.path(REQUEST).isTextual()) {
        String id = node.get(ID).textValue().toLowerCase(Locale.ROOT);
        if (node.path(ERROR).isMissingNode()) {
          made.put(
              id,
              new Made(
                  node.get(REQUEST).textValue(),
                  node.path(SETTINGS).asText(),
                  node.path("files").size()));
        } else {
          made.remove(id);
        }
        return;
      }
    } catch (JsonProcessingException e) {
      // Below.
    }
    throw damaged(name, begin);
  }

  /** What has no end may be half a line of ours, and nothing else. */
  private static void requireTorn(String rest, Path name, long begin) {
    int length = Math.min(rest.length(), BEGIN.length());
    if (!rest.startsWith(BEGIN.substring(0, length))) {
      throw damaged(name, begin);
    }
  }

  private static UsageException damaged(Path name, long begin) {
    return new UsageException(
        "%s holds something else than a batch's results after its first %d bytes; mend it or name another folder"
            .formatted(name, begin));
  }

  private void cut(long whole) throws IOException {
    if (whole < channel.size()) {
      channel.truncate(whole);
    }
    channel.position(whole);
  }

  /** Where it is. */
  Path file() {
    return file;
  }

  /** Whether a request was made already, and its pictures are there. */
  boolean has(BatchFile.Line line) {
    Made before = made.get(line.id().toLowerCase(Locale.ROOT));
    if (before == null) {
      return false;
    }
    for (int i = 0; i < before.images(); i++) {
      if (!Files.exists(file.resolveSibling(name(line, i, before.images())))) {
        return false;
      }
    }
    return true;
  }

  /** {@code cat.png}, or {@code cat+000.png} where there are several: no id has a plus. */
  static String name(BatchFile.Line line, int index, int images) {
    return images == 1
        ? line.id() + ".png"
        : String.format(Locale.ROOT, "%s+%03d.png", line.id(), index);
  }

  /**
   * Checks that a request is new, or the one that was made by its id, in the same way.
   *
   * @param settings of model and options
   * @throws UsageException if it is not
   */
  void requireNewOrSame(BatchFile.Line line, String settings) {
    Made before = made.get(line.id().toLowerCase(Locale.ROOT));
    if (before != null && !before.request().equals(line.digest())) {
      throw new UsageException(
          "line %d, '%s', is not the request that results in %s tell of; name another folder for it"
              .formatted(line.number(), line.id(), file.toAbsolutePath().getParent()));
    }
    if (before != null && !before.settings().equals(settings)) {
      throw new UsageException(
          "line %d, '%s', was made by another model or with other options than this run's; take those, or name another folder"
              .formatted(line.number(), line.id()));
    }
  }

  /**
   * Notes what became of a request.
   *
   * @param settings of model and options
   * @param result the rest of its object
   * @throws LssGenException if the disk refuses
   */
  void add(BatchFile.Line line, String settings, ObjectNode result) {
    ObjectNode node = JSON.createObjectNode();
    node.put(ID, line.id()).put(REQUEST, line.digest()).put(SETTINGS, settings).setAll(result);
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
