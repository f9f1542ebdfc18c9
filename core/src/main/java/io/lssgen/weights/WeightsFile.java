package io.lssgen.weights;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.ModelException;
import io.lssgen.files.FileStamp;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A file of named tensors whose header has been read and checked against the file's length. Opening
 * reads the header only.
 *
 * <p>Tensors are views of one private memory map of the file, made when the first is asked for: no
 * value is read before it is used. They stay valid after {@link #close()}, for as long as they live
 * themselves, but the file must not be made shorter under them.
 */
public abstract sealed class WeightsFile implements AutoCloseable
    permits SafetensorsFile, GgufFile {
  private static final String AGAIN = "; fetch or write the file again";

  private final Path path;
  private final long fileBytes;
  private final FileStamp stamp;
  private final WeightsHeader header;
  private @Nullable Tensor shared;

  /** What is known of a file before its tensors are used. */
  record Opened(Path path, long fileBytes, FileStamp stamp, WeightsHeader header) {}

  /** Reads a format's header. */
  interface HeaderReader {
    WeightsHeader read(Path path, FileChannel channel, long fileBytes)
        throws IOException, InvalidHeader;
  }

  WeightsFile(Opened opened) {
    path = opened.path;
    fileBytes = opened.fileBytes;
    stamp = opened.stamp;
    header = opened.header;
  }

  /**
   * Opens a file of either format, told by its first bytes.
   *
   * @throws ModelException when it is missing, cannot be read, or is neither a valid safetensors
   *     nor a valid GGUF file
   */
  public static WeightsFile open(Path path) {
    return GgufFile.isGguf(path) ? GgufFile.open(path) : SafetensorsFile.open(path);
  }

  static Opened read(Path path, HeaderReader reader) {
    requireNonNull(path, "path is null");
    if (Files.isDirectory(path)) {
      throw invalid(path, "wanted a file, found a folder");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      FileStamp stamp = FileStamp.of(path);
      long fileBytes = channel.size();
      return new Opened(path, fileBytes, stamp, reader.read(path, channel, fileBytes));
    } catch (InvalidHeader e) {
      throw new ModelException(message(path, e.getMessage() + (e.isDamaged() ? AGAIN : "")), e);
    } catch (NoSuchFileException e) {
      throw new ModelException(message(path, "there is no such file"), e);
    } catch (AccessDeniedException e) {
      throw new ModelException(message(path, "it may not be read: permission denied"), e);
    } catch (IOException e) {
      throw new ModelException(message(path, IoReason.of(e)), e);
    }
  }

  /** The first bytes of a file, {@code count} or all that there are. */
  static byte[] start(FileChannel channel, int count) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(count);
    while (start.hasRemaining() && channel.read(start, start.position()) >= 0) {
      // until the buffer or the file ends
    }
    byte[] bytes = new byte[start.position()];
    start.flip().get(bytes);
    return bytes;
  }

  /** The file that was opened. */
  public Path path() {
    return path;
  }

  /** The file's length in bytes when it was opened. */
  public long fileBytes() {
    return fileBytes;
  }

  /** What the file says of itself in text; empty when it says nothing. */
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
    TensorInfo info = entries().get(name);
    if (info == null) {
      throw invalid(
          "wanted a tensor %s, found %s"
              .formatted(Names.quoted(name), Names.some(entries().keySet())));
    }
    return info;
  }

  /**
   * The tensor of this name in the file's own type, sharing memory with the file's map; a copy when
   * it lies at a place that its type does not allow. Quantised ones are made into fp32. It belongs
   * to the open {@link TensorScope}.
   *
   * @throws ModelException when the file has no such tensor, its type cannot be read here, or the
   *     file was changed since it was opened
   */
  public Tensor tensor(String name) {
    return tensor(shared(), name);
  }

  /** The map that tensors share. */
  private Tensor shared() {
    if (shared == null) {
      shared = map().release();
    }
    return shared;
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

  final void requireUnchanged() {
    try {
      if (!FileStamp.of(path).equals(stamp)) {
        throw invalid("it was changed since it was opened; open it again");
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
    Optional<BlockFormat> blocks = BlockFormat.of(info.dtype());
    if (blocks.isPresent()) {
      return numbers(mapped, info, blocks.get());
    }
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

  private static Tensor numbers(Tensor mapped, TensorInfo info, BlockFormat format) {
    if (info.bytes() == 0) {
      return Tensors.empty(DType.F32, info.shape());
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor bytes = mapped.narrow(0, info.begin(), info.bytes());
      return scope.keep(Blocks.numbers(bytes, format).reshape(info.shape()));
    }
  }

  /** Whether a tensor is quantised and its rows, at least two extents of it, are whole blocks. */
  final boolean hasRows(String name) {
    TensorInfo info = entry(name);
    long[] shape = info.shape();
    return shape.length >= 2
        && info.bytes() > 0
        && BlockFormat.of(info.dtype())
            .filter(format -> info.elements() / shape[0] % format.elements() == 0)
            .isPresent();
  }

  /**
   * The blocks of a tensor that {@link #hasRows has rows}, sharing memory with the file's map:
   * uint8 [R, the bytes of a row], where R is the tensor's first extent.
   */
  final Tensor rows(String name) {
    TensorInfo info = entry(name);
    try (TensorScope scope = TensorScope.open()) {
      Tensor bytes = shared().narrow(0, info.begin(), info.bytes());
      return scope.keep(bytes.reshape(info.shape()[0], -1));
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
        "the tensor %s is of type %s, which cannot be read; wanted %s"
            .formatted(Names.quoted(info.name()), info.dtype().name(), readableTypes()));
  }

  /** The names of the types that can be read, for messages. */
  abstract String readableTypes();

  /** Gives up the file's map; tensors that were taken from it stay valid. */
  @Override
  public void close() {
    if (shared != null) {
      shared.close();
      shared = null;
    }
  }

  final ModelException invalid(String problem) {
    return invalid(path, problem);
  }

  static ModelException invalid(Path path, String problem) {
    return new ModelException(message(path, problem));
  }

  private static String message(Path path, String problem) {
    return "cannot read %s: %s".formatted(path, problem);
  }
}
