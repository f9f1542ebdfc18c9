package io.lssgen.weights;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
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
import java.util.Map;

/**
 * A safetensors file whose header has been read and checked against the file's length. Opening
 * reads the header only.
 *
 * <p>Format: an unsigned little-endian 64-bit length, that many bytes of JSON (name → dtype, shape,
 * offsets into the data), then the data; see <a
 * href="https://github.com/huggingface/safetensors#format">the specification</a>. As strict as the
 * reference implementation: holes, overlaps, bytes after the last tensor and repeated names are
 * refused.
 */
public final class SafetensorsFile {
  private static final String AGAIN = "; fetch or write the file again";

  private final Path path;
  private final long fileBytes;
  private final SafetensorsHeader header;

  private SafetensorsFile(Path path, long fileBytes, SafetensorsHeader header) {
    this.path = path;
    this.fileBytes = fileBytes;
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
      long fileBytes = channel.size();
      byte[] json = new byte[headerBytes(path, channel, fileBytes)];
      readFully(channel, ByteBuffer.wrap(json));
      return new SafetensorsFile(path, fileBytes, SafetensorsHeader.parse(json, fileBytes));
    } catch (SafetensorsHeader.InvalidHeader e) {
      throw new ModelException(message(path, e.getMessage() + AGAIN), e);
    } catch (NoSuchFileException e) {
      throw new ModelException(message(path, "there is no such file"), e);
    } catch (AccessDeniedException e) {
      throw new ModelException(message(path, "it may not be read: permission denied"), e);
    } catch (IOException e) {
      throw new ModelException(message(path, String.valueOf(e.getMessage())), e);
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
   * The whole file as uint8, mapped on demand. Close it when every tensor taken from it is done
   * with or shares its memory (views keep the mapping alive).
   */
  public Tensor map() {
    return Tensors.mapFile(path, fileBytes);
  }

  /**
   * The tensor {@code name}, sharing the memory of {@code mapped}; copied where its place in the
   * file does not suit its type.
   *
   * @param mapped what {@link #map()} gave
   */
  public Tensor tensor(Tensor mapped, String name) {
    TensorInfo info = entry(name);
    DType type = dtype(info);
    try (TensorScope scope = TensorScope.open()) {
      long begin = info.begin();
      Tensor bytes = mapped.narrow(0, begin, info.bytes());
      Tensor aligned = begin % type.bytes() == 0 ? bytes : bytes.copy();
      return scope.keep(aligned.viewAs(type).reshape(info.shape()));
    }
  }

  private DType dtype(TensorInfo info) {
    for (DType type : DType.values()) {
      if (type.name().equals(info.dtype().name())) {
        return type;
      }
    }
    throw invalid(
        path,
        "tensor %s is %s; wanted one of F32, F16, BF16, F64, I64, I32, U8, BOOL"
            .formatted(Names.quoted(info.name()), info.dtype()));
  }

  private static ModelException invalid(Path path, String problem) {
    return new ModelException(message(path, problem));
  }

  private static String message(Path path, String problem) {
    return "cannot read %s: %s".formatted(path, problem);
  }
}
