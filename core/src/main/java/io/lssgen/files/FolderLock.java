package io.lssgen.files;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a folder for one user at a time, in this process and among others, by a lock on the file
 * {@code lock} in it. The system gives the lock back when a process ends, however it does; the file
 * stays.
 */
public final class FolderLock implements AutoCloseable {
  private final FileChannel channel;

  private FolderLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Takes the lock. The folder is made if it is not there.
   *
   * @param taken what to say if another has it
   * @throws UsageException with the text {@code taken} if another has it
   * @throws LssGenException if the folder cannot be written
   */
  public static FolderLock of(Path folder, String taken) {
    try {
      Files.createDirectories(folder);
      FileChannel channel =
          FileChannel.open(
              folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      if (isLocked(channel)) {
        return new FolderLock(channel);
      }
      channel.close();
    } catch (IOException e) {
      throw new LssGenException(
          "cannot write in the folder %s: %s; name another".formatted(folder, IoReason.of(e)), e);
    }
    throw new UsageException(taken);
  }

  @SuppressWarnings("resource") // the lock lives as long as its channel
  private static boolean isLocked(FileChannel channel) throws IOException {
    try {
      FileLock lock = channel.tryLock();
      return lock != null;
    } catch (OverlappingFileLockException e) {
      return false; // another of this process has it
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new LssGenException("cannot give up the lock of a folder: " + IoReason.of(e), e);
    }
  }
}
