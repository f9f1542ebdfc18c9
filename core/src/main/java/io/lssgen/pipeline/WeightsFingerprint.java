package io.lssgen.pipeline;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.ModelException;
import io.lssgen.files.Sha256;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.WeightsFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * Tells weights apart at a glance, so that a picture can say which made it. Not a check sum of all
 * bytes, which would take a minute for a model of 24 GB: SHA-256 over each file's length and over
 * {@value #PIECES} pieces of {@value #PIECE_BYTES} bytes, evenly spread from its first byte to its
 * last.
 */
public final class WeightsFingerprint {
  private static final int PIECES = 512;
  private static final int PIECE_BYTES = 4096;
  private static final int HEX_DIGITS = 10;

  private WeightsFingerprint() {}

  /**
   * Ten hexadecimal digits.
   *
   * @param path a component's folder, a safetensors file or an index
   * @throws ModelException if there are no weights or they cannot be read
   */
  public static String of(Path path) {
    try (Checkpoint weights = Checkpoint.open(path)) {
      return of(weights);
    }
  }

  /**
   * Ten hexadecimal digits for the files of {@code weights}, which stay open.
   *
   * @throws ModelException if they cannot be read
   */
  public static String of(Checkpoint weights) {
    return of(weights, Optional.empty());
  }

  /** As {@link #of(Checkpoint)}, with a file of changes that are always in the weights. */
  static String of(Checkpoint weights, Optional<Path> changes) {
    try {
      MessageDigest digest = Sha256.begin();
      for (WeightsFile file : weights.files()) {
        update(digest, file.path());
      }
      if (changes.isPresent()) {
        update(digest, changes.get());
      }
      return Sha256.digits(digest, HEX_DIGITS);
    } catch (IOException e) {
      throw new ModelException("cannot read %s: %s".formatted(weights.origin(), IoReason.of(e)), e);
    }
  }

  private static void update(MessageDigest digest, Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long length = channel.size();
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, length));
      ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
      long last = Math.max(0, length - PIECE_BYTES);
      for (int i = 0; i < PIECES; i++) {
        piece.clear();
        channel.read(piece, Math.multiplyExact(last, i) / (PIECES - 1));
        digest.update(piece.flip());
      }
    }
  }
}
