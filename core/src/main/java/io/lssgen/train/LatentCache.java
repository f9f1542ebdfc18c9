package io.lssgen.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * Latents on disk, bf16, one fixed-size record after another, so that the autoencoder is paid for
 * once. Filling can end at any point and goes on where it stopped; that of a thread which is
 * interrupted ends after the records under way. A note beside the file says what the latents were
 * made from; another origin is refused.
 */
public final class LatentCache implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Between reports of how many there are. */
  private static final long REPORT_NANOS = 20_000_000_000L;

  private final Path file;
  private final long count;
  private final long[] shape;
  private final Tensor records;

  private LatentCache(Path file, long count, long[] shape) {
    this.file = file;
    this.count = count;
    this.shape = shape;
    try (TensorScope scope = TensorScope.open()) {
      Tensor bytes = Tensors.mapFile(file, Math.multiplyExact(count, recordBytes(shape)));
      records = scope.keep(bytes.viewAs(DType.BF16).reshape(count, -1)).release();
    }
  }

  /** Makes latents, denoiser's space, [n, C, h, w], of the images first … first + n − 1. */
  public interface Encoder {
    Tensor encode(long first, int n);
  }

  /**
   * What a cache holds.
   *
   * @param origin names everything the latents depend on: data, seed, artwork, autoencoder, the
   *     type it computed in; facts are separated by {@code ", "}
   * @param count how many latents
   * @param shape [C, h, w] of each
   */
  public record Contents(String origin, long count, long... shape) {
    public Contents {
      if (count < 1) {
        throw new UsageException(
            "a latent cache wants a count of at least 1, found " + count + " (" + origin + ")");
      }
      shape = shape.clone();
    }
  }

  /**
   * Opens the cache at {@code file}, making what is missing of it, {@code batch} images at a time.
   *
   * @throws UsageException if the file holds latents of another origin
   * @throws LssGenException if it cannot be written, or the thread is interrupted meanwhile
   */
  public static LatentCache open(
      Path file, Contents contents, int batch, Encoder encoder, PrintStream console) {
    try {
      Files.createDirectories(
          Objects.requireNonNull(file.toAbsolutePath().getParent(), "a root folder"));
      requireOrigin(file, contents);
      fill(file, contents, batch, encoder, console);
      return new LatentCache(file, contents.count(), contents.shape());
    } catch (IOException e) {
      throw new LssGenException(file + " cannot be written: " + IoReason.of(e), e);
    }
  }

  private static void requireOrigin(Path file, Contents contents) throws IOException {
    Path note = file.resolveSibling(file.getFileName() + ".json");
    String shape = Arrays.toString(contents.shape());
    if (Files.exists(note)) {
      JsonNode found = JSON.readTree(note.toFile());
      if (!agrees(found.path("origin").asText(), contents.origin())
          || !found.path("shape").asText().equals(shape)) {
        throw new UsageException(
            file
                + " holds latents of "
                + found.path("origin")
                + found.path("shape")
                + ", wanted "
                + contents.origin()
                + shape
                + "; delete it or name another cache");
      }
      return;
    }
    Files.deleteIfExists(file);
    DiffusersFolder.writeJson(
        note, JSON.createObjectNode().put("origin", contents.origin()).put("shape", shape));
  }

  /** Whether a note says what is wanted; notes of earlier versions say less, never otherwise. */
  private static boolean agrees(String found, String wanted) {
    return List.of(wanted.split(", ")).containsAll(List.of(found.split(", ")));
  }

  private static void fill(
      Path file, Contents contents, int batch, Encoder encoder, PrintStream console)
      throws IOException {
    long recordBytes = recordBytes(contents.shape());
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      long done = channel.size() / recordBytes;
      channel.position(done * recordBytes);
      long reported = System.nanoTime();
      while (done < contents.count()) {
        int n = (int) Math.min(batch, contents.count() - done);
        try (TensorScope scope = TensorScope.open()) {
          byte[] bytes = encoder.encode(done, n).to(DType.BF16).toByteArray();
          AtomicFile.writeFully(channel, ByteBuffer.wrap(bytes));
        }
        done += n;
        boolean interrupted = Thread.currentThread().isInterrupted();
        if (System.nanoTime() - reported > REPORT_NANOS
            || done == contents.count()
            || interrupted) {
          reported = System.nanoTime();
          console.printf(Locale.ROOT, "latents %,d/%,d%n", done, contents.count());
        }
        if (interrupted) {
          throw new LssGenException(
              file + " is not complete, the run was interrupted; go on later");
        }
      }
    }
  }

  private static long recordBytes(long... shape) {
    return Math.multiplyExact(
        Arrays.stream(shape).reduce(1, Math::multiplyExact), DType.BF16.bytes());
  }

  public Path file() {
    return file;
  }

  public long count() {
    return count;
  }

  /** h. */
  public long height() {
    return shape[1];
  }

  /** w. */
  public long width() {
    return shape[2];
  }

  /** The latents numbered {@code indices}: bf16 [n, C, h, w]. */
  public Tensor get(long... indices) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor chosen = records.indexSelect(0, Tensors.of(indices, indices.length));
      return scope.keep(chosen.reshape(indices.length, shape[0], shape[1], shape[2]));
    }
  }

  @Override
  public void close() {
    records.close();
  }
}
