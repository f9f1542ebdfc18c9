package io.lssgen.hub;

import io.lssgen.errors.LssGenException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps others, threads and processes, from fetching the same blob. The system gives up a process's
 * lock when the process ends, however it does.
 *
 * <p>Hugging Face's library takes another kind of lock on the same file. Both may then fetch the
 * same at once, which harms neither: each has its own file for what is not whole yet.
 */
final class HubLock implements AutoCloseable {
  /** A process's file locks do not keep its own threads apart. */
  private static final ConcurrentMap<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

  private final ReentrantLock thread;
  private final FileChannel channel;

  private HubLock(ReentrantLock thread, FileChannel channel) {
    this.thread = thread;
    this.channel = channel;
  }

  /**
   * Waits for the lock and takes it.
   *
   * @param file made if it is not there; it stays
   * @throws LssGenException if it cannot be locked
   */
  static HubLock take(Path file) {
    ReentrantLock thread =
        THREADS.computeIfAbsent(file.toAbsolutePath().normalize(), f -> new ReentrantLock());
    thread.lock();
    FileChannel channel = null;
    try {
      Files.createDirectories(file.resolveSibling(""));
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      channel.lock();
      return new HubLock(thread, channel);
    } catch (IOException e) {
      closeQuietly(channel);
      thread.unlock();
      throw new LssGenException(
          "cannot lock %s: %s; set HF_HUB_CACHE to a folder on a disk that you may write to"
              .formatted(file, e),
          e);
    }
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // Nothing was written to it, and the lock is gone with the process at the latest.
    }
  }

  @Override
  public void close() {
    closeQuietly(channel);
    thread.unlock();
  }
}
