package io.lssgen.weights;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Optional;

/**
 * A GGUF file, as llama.cpp, stable-diffusion.cpp and ComfyUI use for weights of a few bits each;
 * see {@link GgufHeader} for the format and {@link GgufType} for what can be read.
 */
public final class GgufFile extends WeightsFile {
  private GgufFile(Opened opened) {
    super(opened);
  }

  /**
   * Opens a file and checks its header.
   *
   * @throws ModelException when it is missing, cannot be read, or is not a valid GGUF file
   */
  public static GgufFile open(Path path) {
    return new GgufFile(read(path, GgufFile::header));
  }

  /** Whether a file begins as GGUF files do; not if it cannot be read. */
  static boolean isGguf(Path path) {
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

  private static WeightsHeader header(Path path, FileChannel channel, long fileBytes)
      throws IOException, InvalidHeader {
    if (!beginsAsGguf(channel)) {
      throw invalid(path, "wanted a GGUF file, found another");
    }
    GgufHeader header = GgufHeader.read(channel, fileBytes);
    return new WeightsHeader(header.metadata(), header.entries());
  }

  @Override
  public Tensor tensor(Tensor mapped, String name) {
    TensorInfo info = entry(name);
    GgufType type = (GgufType) info.dtype();
    if (!type.isQuantised()) {
      return super.tensor(mapped, name);
    }
    if (info.bytes() == 0) {
      return Tensors.empty(DType.F32, info.shape());
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor blocks = mapped.narrow(0, info.begin(), info.bytes()).reshape(-1, type.blockBytes());
      return scope.keep(Blocks.numbers(blocks, type).reshape(info.shape()));
    }
  }

  /**
   * The blocks of a quantised tensor, row by row, sharing memory with the file's map: uint8 [R, the
   * bytes of a row], where R is the tensor's first extent. Empty if it is not quantised, or a row
   * is no whole number of blocks.
   */
  Optional<Tensor> rows(String name) {
    TensorInfo info = entry(name);
    GgufType type = (GgufType) info.dtype();
    long[] shape = info.shape();
    if (!type.isQuantised() || shape.length < 2 || info.bytes() == 0) {
      return Optional.empty();
    }
    if (info.elements() / shape[0] % type.blockElements() != 0) {
      return Optional.empty();
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor bytes = shared().narrow(0, info.begin(), info.bytes());
      return Optional.of(scope.keep(bytes.reshape(shape[0], -1)));
    }
  }

  @Override
  String readableTypes() {
    return GgufType.readable();
  }
}
