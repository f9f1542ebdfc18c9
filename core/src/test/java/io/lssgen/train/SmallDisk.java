package io.lssgen.train;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A disk of a MiB, in memory, which can be filled. Mounting it wants rights that not all have. */
final class SmallDisk implements AutoCloseable {
  private final Path folder;

  private SmallDisk(Path folder) {
    this.folder = folder;
  }

  /** Mounts one at {@code folder}; where that is not allowed, the test is skipped. */
  static SmallDisk mount(Path folder) {
    assumeTrue(
        succeeds("mount", "-t", "tmpfs", "-o", "size=1m", "none", folder.toString()),
        "a full disk was not tested: only root may mount one");
    return new SmallDisk(folder);
  }

  private Path filler() {
    return folder.resolve("filler");
  }

  /** Leaves not a byte. */
  void fill() {
    byte[] page = new byte[4096];
    try (OutputStream file = Files.newOutputStream(filler())) {
      for (int i = 0; i < 1000; i++) {
        file.write(page);
      }
    } catch (IOException e) {
      return;
    }
    throw new AssertionError(folder + " took more than its size");
  }

  void free() throws IOException {
    Files.delete(filler());
  }

  private static boolean succeeds(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    if (!succeeds("umount", folder.toString())) {
      throw new UncheckedIOException(new IOException(folder + " cannot be unmounted"));
    }
  }
}
