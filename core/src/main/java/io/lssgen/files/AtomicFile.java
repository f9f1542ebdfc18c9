package io.lssgen.files;

import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static java.util.Objects.requireNonNull;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * Replaces a file in one step: the content goes to a temporary file in the same folder, is forced
 * to the disk and then renamed over the target. When anything fails in between (a full disk, an
 * exception of the writer), the temporary file is removed and a file that was there before stays as
 * it was.
 */
public final class AtomicFile {

  /** What to do about a file that is already at the target. */
  public enum IfExists {
    /** The new content takes its place. */
    REPLACE,
    /** It stays; writing is refused before the content is produced. */
    REFUSE
  }

  /** Produces the content. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes the whole content, from its first to its last byte.
     *
     * @throws IOException when the bytes cannot be written
     */
    void writeTo(WritableByteChannel channel) throws IOException;
  }

  private static final String UNFINISHED = ".part";
  private static final Pattern TEMPORARY =
      Pattern.compile("\\.[0-9a-f]{1,16}" + Pattern.quote(UNFINISHED));

  private AtomicFile() {}

  /** Whether a file is, by its name, content that was never put in place. */
  public static boolean isTemporary(Path file) {
    return TEMPORARY.matcher(file.getFileName().toString()).matches();
  }

  /**
   * Writes a file.
   *
   * @param target where the content shall be; its folder must exist
   * @throws UsageException when the target exists and {@code ifExists} refuses, or its folder does
   *     not exist
   * @throws LssGenException when it cannot be written; the target is then as it was before
   */
  public static void write(Path target, IfExists ifExists, Content content) {
    requireNonNull(content, "content is null");
    Path folder = requireNonNull(target.toAbsolutePath().getParent(), "target is a root folder");
    checkTarget(target, folder, ifExists);
    // Not Files.createTempFile: that makes files which only their owner may read.
    String suffix = Long.toHexString(ThreadLocalRandom.current().nextLong());
    // Nor the target's name with more: names have a longest length.
    Path temporary = folder.resolve("." + suffix + UNFINISHED);
    try {
      try (FileChannel channel = FileChannel.open(temporary, CREATE_NEW, WRITE)) {
        content.writeTo(channel);
        channel.force(true);
      }
      moveInPlace(temporary, target, ifExists);
      forceFolder(folder);
    } catch (FileAlreadyExistsException e) {
      throw alreadyThere(target);
    } catch (IOException e) {
      throw new LssGenException(cannotWrite(target, folder, e), e);
    } finally {
      removeQuietly(temporary);
    }
  }

  /** As {@link #write(Path, IfExists, Content)}, of content that is in memory. */
  public static void write(Path target, IfExists ifExists, byte[] content) {
    write(target, ifExists, channel -> writeFully(channel, ByteBuffer.wrap(content)));
  }

  /** Writes all that remains of {@code bytes}, which one call of a channel need not do. */
  public static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private static void checkTarget(Path target, Path folder, IfExists ifExists) {
    if (ifExists == IfExists.REFUSE && Files.exists(target)) {
      throw alreadyThere(target);
    }
    if (Files.isDirectory(target)) {
      throw new UsageException(
          "cannot write %s: wanted a file name, found a folder; name a file in it"
              .formatted(target));
    }
    if (!Files.isDirectory(folder)) {
      throw new UsageException(
          "cannot write %s: its folder %s does not exist; make it first".formatted(target, folder));
    }
  }

  private static void moveInPlace(Path temporary, Path target, IfExists ifExists)
      throws IOException {
    if (ifExists == IfExists.REPLACE) {
      Files.move(temporary, target, ATOMIC_MOVE);
      return;
    }
    try {
      // Of two that write at once one is refused; a move looks first and then replaces.
      Files.createLink(target, temporary);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (IOException | UnsupportedOperationException e) {
      Files.move(temporary, target); // a file system without links
    }
  }

  /** Makes the rename itself durable. Not every platform lets a folder be opened: best effort. */
  private static void forceFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, READ)) {
      channel.force(true);
    } catch (IOException e) {
      // The content itself is on the disk and in place; only the folder's entry may come later.
    }
  }

  private static void removeQuietly(Path temporary) {
    try {
      Files.deleteIfExists(temporary);
    } catch (IOException e) {
      // The failure that matters is already on its way to the caller.
    }
  }

  private static UsageException alreadyThere(Path target) {
    return new UsageException(
        "%s already exists and is not overwritten; choose another name or remove it"
            .formatted(target));
  }

  private static String cannotWrite(Path target, Path folder, IOException e) {
    return "cannot write %s: %s (%s); free some space or choose another folder; %s"
        .formatted(
            target,
            reason(e),
            freeSpace(folder),
            Files.exists(target) ? "the file that was there is unchanged" : "nothing was written");
  }

  private static String reason(IOException e) {
    return e instanceof NoSuchFileException ? "the folder is gone" : IoReason.of(e);
  }

  private static String freeSpace(Path folder) {
    try {
      return "%,d bytes free".formatted(Files.getFileStore(folder).getUsableSpace());
    } catch (IOException e) {
      return "free space unknown";
    }
  }
}
