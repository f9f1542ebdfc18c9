package io.lssgen.weights;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.ModelException;
import io.lssgen.files.FileMagic;
import io.lssgen.files.FileStamp;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A safetensors file whose header has been read and checked against the file's length. Opening
 * reads the header only.
 *
 * <p>Format: an unsigned little-endian 64-bit length, that many bytes of JSON (name → dtype, shape,
 * offsets into the data), then the data; see <a
 * href="https://github.com/huggingface/safetensors#format">the specification</a>. As strict as the
 * reference implementation: holes, overlaps, bytes after the last tensor and repeated names are
 * refused.
 *
 * <p>Tensors are views of one private memory map of the file, made when the first is asked for: no
 * value is read before it is used. They stay valid after {@link #close()}, for as long as they live
 * themselves, but the file must not be made shorter under them.
 */
public final class SafetensorsFile implements AutoCloseable {
  private static final String AGAIN = "; fetch or write the file again";

  private final Path path;
  private final long fileBytes;
  private final FileStamp stamp;
  private final SafetensorsHeader header;
  private @Nullable Tensor shared;

  private SafetensorsFile(Path path, long fileBytes, FileStamp stamp, SafetensorsHeader header) {
    this.path = path;
    this.fileBytes = fileBytes;
    this.stamp = stamp;
    this.header = header;
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws ModelException when it is missing, cannot be read, or is not a valid safetensors file
   */
  public static SafetensorsFile open(Path path) {
    requireNonNull(path, "path is null");
    if (Files.isDirectory(path)) {
      throw invalid(path, "wanted a file, found a folder");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      FileStamp stamp = FileStamp.of(path);
      long fileBytes = channel.size();
      refuseForeign(path, channel);
      byte[] json = new byte[headerBytes(path, channel, fileBytes)];
      readFully(channel, ByteBuffer.wrap(json));
      return new SafetensorsFile(path, fileBytes, stamp, SafetensorsHeader.parse(json, fileBytes));
    } catch (SafetensorsHeader.InvalidHeader e) {
      throw new ModelException(message(path, e.getMessage() + AGAIN), e);
    } catch (NoSuchFileException e) {
      throw new ModelException(message(path, "there is no such file"), e);
    } catch (AccessDeniedException e) {
      throw new ModelException(message(path, "it may not be read: permission denied"), e);
    } catch (IOException e) {
      throw new ModelException(message(path, IoReason.of(e)), e);
    }
  }

  /**
   * Refuses what is no safetensors file at all. A header's length may look like the first bytes of
   * something else, so that only a file without a header's first character is looked at.
   */
  private static void refuseForeign(Path path, FileChannel channel) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(FileMagic.BYTES);
    while (start.hasRemaining()) {
      if (channel.read(start, start.position()) < 0) {
        break;
      }
    }
    byte[] bytes = Arrays.copyOf(start.array(), start.position());
    int header = SafetensorsHeader.LENGTH_BYTES;
    if (bytes.length <= header || bytes[header] != '{') {
      FileMagic.of(bytes)
          .ifPresent(
              found -> {
                throw invalid(path, "wanted safetensors, found " + found);
              });
    }
  }

  /** Reads the header's length and refuses it before that many bytes are allocated. */
  private static int headerBytes(Path path, FileChannel channel, long fileBytes)
      throws IOException {
    if (fileBytes < SafetensorsHeader.LENGTH_BYTES) {
      throw invalid(path, "wanted at least 8 bytes, found " + fileBytes + ": cut short" + AGAIN);
    }
    ByteBuffer length =
        ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    readFully(channel, length);
    long headerBytes = length.getLong(0);
    if (headerBytes < 0 || headerBytes > SafetensorsHeader.MAXIMUM_BYTES) {
      throw invalid(
          path,
          "wanted a header of at most %d bytes, found a length of %s: this is no safetensors file"
              .formatted(SafetensorsHeader.MAXIMUM_BYTES, Long.toUnsignedString(headerBytes)));
    }
    if (headerBytes > fileBytes - SafetensorsHeader.LENGTH_BYTES) {
      throw invalid(
          path,
          "its header wants %d bytes, only %d follow: cut short%s"
              .formatted(headerBytes, fileBytes - SafetensorsHeader.LENGTH_BYTES, AGAIN));
    }
    return (int) headerBytes;
  }

  private static void readFully(FileChannel channel, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("it ended while its header was read");
      }
    }
  }

  /** The file that was opened. */
  public Path path() {
    return path;
  }

  /** The file's length in bytes when it was opened. */
  public long fileBytes() {
    return fileBytes;
  }

  /** The free-form {@code __metadata__} table; empty when the file has none. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /** The tensors by name, in the order in which they lie in the file. Unmodifiable. */
  public Map<String, TensorInfo> entries() {
    return header.entries();
  }

  /**
   * The tensor of this name.
   *
   * @throws ModelException when the file has none
   */
  public TensorInfo entry(String name) {
    TensorInfo info = header.entries().get(name);
    if (info == null) {
      throw invalid(
          path,
          "wanted a tensor %s, found %s"
              .formatted(Names.quoted(name), Names.some(header.entries().keySet())));
    }
    return info;
  }

  /**
   * The tensor of this name in the file's own type, sharing memory with the file's map; a copy when
   * it lies at a place that its type does not allow. It belongs to the open {@link TensorScope}.
   *
   * @throws ModelException when the file has no such tensor, its type cannot be read here, or the
   *     file was changed since it was opened
   */
  public Tensor tensor(String name) {
    if (shared == null) {
      shared = map().release();
    }
    return tensor(shared, name);
  }

  /**
   * The whole file as uint8 [{@link #fileBytes()}], a new map on each call. The caller closes it;
   * views of it keep its memory alive.
   *
   * @throws ModelException when the file was changed since it was opened: the header that was read
   *     may not be this file's
   */
  public Tensor map() {
    requireUnchanged();
    try {
      return Tensors.mapFile(path, fileBytes);
    } catch (TorchException e) {
      if (e.isOutOfMemory()) {
        throw e; // the file is not at fault
      }
      throw new ModelException(message(path, e.getMessage() + AGAIN), e);
    }
  }

  private void requireUnchanged() {
    try {
      if (!FileStamp.of(path).equals(stamp)) {
        throw invalid(path, "it was changed since it was opened; open it again");
      }
    } catch (IOException e) {
      throw new ModelException(
          message(path, "it was there when it was opened, but no more: " + IoReason.of(e)), e);
    }
  }

  /**
   * As {@link #tensor(String)}, with a map of the caller's.
   *
   * @param mapped what {@link #map()} gave
   * @throws ModelException when the file has no such tensor or its type cannot be read here
   */
  public Tensor tensor(Tensor mapped, String name) {
    TensorInfo info = entry(name);
    DType type = info.dtype().tensorType().orElseThrow(() -> unreadable(info));
    if (info.bytes() == 0) {
      return Tensors.empty(type, info.shape());
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor bytes = mapped.narrow(0, info.begin(), info.bytes());
      if (!isAligned(info, type)) {
        bytes = bytes.copy();
      }
      return scope.keep(bytes.viewAs(type).reshape(info.shape()));
    }
  }

  private static boolean isAligned(TensorInfo info, DType type) {
    return info.begin() % type.bytes() == 0;
  }

  /** Whether {@link #tensor(String)} gives a view of the file, not a copy. */
  boolean isView(String name) {
    TensorInfo info = entry(name);
    return info.dtype().tensorType().filter(type -> isAligned(info, type)).isPresent();
  }

  private ModelException unreadable(TensorInfo info) {
    return invalid(
        path,
        "the tensor %s is of type %s, which cannot be read; wanted %s"
            .formatted(Names.quoted(info.name()), info.dtype(), readableTypes()));
  }

  /** Gives up the file's map; tensors that were taken from it stay valid. */
  @Override
  public void close() {
    if (shared != null) {
      shared.close();
      shared = null;
    }
  }

  private static String readableTypes() {
    return Arrays.stream(SafetensorsType.values())
        .filter(type -> type.tensorType().isPresent())
        .map(Enum::name)
        .collect(Collectors.joining(", "));
  }

  private static ModelException invalid(Path path, String problem) {
    return new ModelException(message(path, problem));
  }

  private static String message(Path path, String problem) {
    return "cannot read %s: %s".formatted(path, problem);
  }
}
