package io.lssgen.hub;

import io.lssgen.errors.ModelException;
import io.lssgen.files.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * A file of a repository. Its ETag is a checksum of its content: SHA-256 of large files, git's own
 * (SHA-1 of the content after a line that tells its length) of small ones.
 *
 * @param path in the repository, with slashes
 * @param etag 64 or 40 hexadecimal digits, which also name its blob in the cache
 * @param size in bytes
 */
record HubFile(String path, String etag, long size) {
  private static final int SHA256_DIGITS = 64;
  private static final Pattern CHECKSUM = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");

  HubFile {
    if (!CHECKSUM.matcher(etag).matches() || size < 0) {
      throw new ModelException(
          ("the hub's answer for %s is not to be used: wanted a checksum as its ETag and its size,"
                  + " found '%s' and %d; check HF_ENDPOINT")
              .formatted(path, etag, size));
    }
  }

  /** The sum that the content must have, begun. */
  MessageDigest beginChecksum() {
    if (etag.length() == SHA256_DIGITS) {
      return Sha256.begin();
    }
    try {
      MessageDigest git = MessageDigest.getInstance("SHA-1");
      git.update(("blob " + size + "\0").getBytes(StandardCharsets.US_ASCII));
      return git;
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-1", e);
    }
  }

  /** Whether {@code checksum}, fed with the whole content, is the right one. Ends it. */
  boolean isRight(MessageDigest checksum) {
    return HexFormat.of().formatHex(checksum.digest()).equals(etag);
  }
}
