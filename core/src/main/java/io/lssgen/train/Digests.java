package io.lssgen.train;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.ModelException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** Names for the contents of files. */
final class Digests {
  private static final int BYTES = 8;
  private static final int BUFFER_BYTES = 1 << 16;

  private Digests() {}

  /**
   * The first sixteen hexadecimal digits of the file's SHA-256.
   *
   * @throws ModelException if it cannot be read
   */
  static String of(Path file) {
    MessageDigest digest = sha256();
    try (InputStream content = Files.newInputStream(file)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
    } catch (IOException e) {
      throw new ModelException(file + " cannot be read: " + IoReason.of(e), e);
    }
  }

  /** The same of the names and lengths of many files, whose contents would take long to read. */
  static String ofFiles(List<Path> files) {
    MessageDigest digest = sha256();
    try {
      for (Path file : files) {
        String line = file.getFileName() + " " + Files.size(file) + "\n";
        digest.update(line.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new ModelException("pictures cannot be read: " + IoReason.of(e), e);
    }
    return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
