package io.lssgen.train;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.ModelException;
import io.lssgen.files.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.List;

/** Names for the contents of files. */
final class Digests {
  private static final int HEX_DIGITS = 16;
  private static final int BUFFER_BYTES = 1 << 16;

  private Digests() {}

  /**
   * The first sixteen hexadecimal digits of the file's SHA-256.
   *
   * @throws ModelException if it cannot be read
   */
  static String of(Path file) {
    MessageDigest digest = Sha256.begin();
    try (InputStream content = Files.newInputStream(file)) {
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int read = content.read(buffer); read >= 0; read = content.read(buffer)) {
        digest.update(buffer, 0, read);
      }
      return Sha256.digits(digest, HEX_DIGITS);
    } catch (IOException e) {
      throw new ModelException(file + " cannot be read: " + IoReason.of(e), e);
    }
  }

  /** The same of the names and lengths of many files, whose contents would take long to read. */
  static String ofFiles(List<Path> files) {
    MessageDigest digest = Sha256.begin();
    try {
      for (Path file : files) {
        String line = file.getFileName() + " " + Files.size(file) + "\n";
        digest.update(line.getBytes(StandardCharsets.UTF_8));
      }
    } catch (IOException e) {
      throw new ModelException("pictures cannot be read: " + IoReason.of(e), e);
    }
    return Sha256.digits(digest, HEX_DIGITS);
  }
}
