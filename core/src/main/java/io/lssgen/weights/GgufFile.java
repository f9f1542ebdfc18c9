package io.lssgen.weights;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.ModelException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A GGUF file, as llama.cpp, stable-diffusion.cpp and ComfyUI use for weights of a few bits each;
 * see {@link GgufHeader} for the format and {@link GgufType} for what can be read.
 */
public final class GgufFile extends WeightsFile {
  private final Map<String, GgufHeader.Values> lists;

  private GgufFile(Opened opened, Map<String, GgufHeader.Values> lists) {
    super(opened);
    this.lists = lists;
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws ModelException when it is missing, cannot be read, or is not a valid GGUF file
   */
  public static GgufFile open(Path path) {
    Map<String, GgufHeader.Values> lists = new HashMap<>();
    Opened opened =
        read(
            path,
            (from, channel, fileBytes) -> {
              GgufHeader header = header(from, channel, fileBytes);
              lists.putAll(header.lists());
              return new WeightsHeader(header.metadata(), header.entries());
            });
    return new GgufFile(opened, Collections.unmodifiableMap(lists));
  }

  /** Whether a file begins as GGUF files do; not if it cannot be read. */
  public static boolean isGguf(Path path) {
    requireNonNull(path, "path is null");
    if (!Files.isRegularFile(path)) {
      return false;
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return beginsAsGguf(channel);
    } catch (IOException e) {
      return false; // who opens it says why
    }
  }

  private static boolean beginsAsGguf(FileChannel channel) throws IOException {
    return Arrays.equals(start(channel, GgufHeader.MAGIC.length), GgufHeader.MAGIC);
  }

  private static GgufHeader header(Path path, FileChannel channel, long fileBytes)
      throws IOException, InvalidHeader {
    if (!beginsAsGguf(channel)) {
      throw invalid(path, "wanted a GGUF file, found another");
    }
    return GgufHeader.read(channel, fileBytes);
  }

  /** Whether the file's facts have a list of this name. */
  public boolean hasList(String key) {
    return lists.containsKey(key);
  }

  /**
   * A list of texts among the file's facts, read now.
   *
   * @throws ModelException if there is none, it holds something else, or the file was changed
   */
  public List<String> texts(String key) {
    return list(key, GgufValue.STRING, cursor -> cursor.text(GgufHeader.LONGEST_TEXT));
  }

  /**
   * A list of numbers among the file's facts, read now.
   *
   * @throws ModelException if there is none, it holds something else, or the file was changed
   */
  public List<Number> numbers(String key) {
    GgufHeader.Values values = values(key);
    if (values.type() == GgufValue.STRING) {
      throw invalid("wanted numbers as %s, found texts".formatted(Names.quoted(key)));
    }
    return list(key, values.type(), cursor -> cursor.number(values.type()));
  }

  /**
   * A list of bytes among the file's facts, read now.
   *
   * @throws ModelException if there is none, it holds something else, or the file was changed
   */
  public byte[] bytes(String key) {
    GgufHeader.Values values = values(key);
    if (values.type().bytes() != 1) {
      throw invalid(
          "wanted bytes as %s, found %s".formatted(Names.quoted(key), values.type().name()));
    }
    requireUnchanged();
    try (FileChannel channel = FileChannel.open(path(), StandardOpenOption.READ)) {
      ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(values.count())); // in the header
      while (bytes.hasRemaining() && channel.read(bytes, values.begin() + bytes.position()) >= 0) {
        // until all are there
      }
      return bytes.array();
    } catch (IOException e) {
      throw new ModelException("cannot read %s: %s".formatted(path(), IoReason.of(e)), e);
    }
  }

  private interface Value<T> {
    T read(GgufCursor cursor) throws IOException, InvalidHeader;
  }

  private <T> List<T> list(String key, GgufValue type, Value<T> value) {
    GgufHeader.Values values = values(key);
    if (values.type() != type) {
      throw invalid(
          "wanted texts as %s, found %s".formatted(Names.quoted(key), values.type().name()));
    }
    requireUnchanged();
    try (FileChannel channel = FileChannel.open(path(), StandardOpenOption.READ)) {
      GgufCursor cursor =
          new GgufCursor(channel.position(values.begin()), values.begin(), fileBytes());
      List<T> list = new ArrayList<>();
      for (long i = 0; i < values.count(); i++) {
        list.add(value.read(cursor));
      }
      return list;
    } catch (IOException | InvalidHeader e) {
      throw new ModelException("cannot read %s: %s".formatted(path(), e.getMessage()), e);
    }
  }

  private GgufHeader.Values values(String key) {
    GgufHeader.Values values = lists.get(key);
    if (values == null) {
      throw invalid("wanted a list %s, found none".formatted(Names.quoted(key)));
    }
    return values;
  }

  @Override
  String readableTypes() {
    return GgufType.readable();
  }
}
