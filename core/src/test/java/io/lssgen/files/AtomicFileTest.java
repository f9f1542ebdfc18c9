package io.lssgen.files;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile.IfExists;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;
  private Path target;

  @BeforeEach
  void nameTarget() {
    target = folder.resolve("out.bin");
  }

  private void write(String text, IfExists ifExists) {
    AtomicFile.write(
        target, ifExists, channel -> channel.write(ByteBuffer.wrap(text.getBytes(UTF_8))));
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void replaces() throws IOException {
    write("old", IfExists.REPLACE);
    write("new", IfExists.REPLACE);
    assertThat(target).hasContent("new");
    assertThat(names()).containsExactly("out.bin");
  }

  @Test
  void writesNamesAsLongAsTheSystemHas() throws IOException {
    target = folder.resolve("x".repeat(255));
    write("new", IfExists.REPLACE);
    assertThat(target).hasContent("new");
  }

  @Test
  void ofManyWhoWriteAtOnceOneIsFirst() throws Exception {
    ExecutorService writers = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 50; round++) {
        target = folder.resolve(round + ".bin");
        List<Callable<Boolean>> tasks = new ArrayList<>();
        for (int writer = 0; writer < 4; writer++) {
          tasks.add(this::isFirst);
        }
        int first = 0;
        for (Future<Boolean> each : writers.invokeAll(tasks)) {
          first += each.get() ? 1 : 0;
        }
        assertThat(first).isEqualTo(1);
      }
    } finally {
      writers.shutdown();
    }
  }

  private boolean isFirst() {
    try {
      write("mine", IfExists.REFUSE);
      return true;
    } catch (UsageException e) {
      return false;
    }
  }

  @Test
  void refusesToOverwrite() throws IOException {
    write("old", IfExists.REFUSE);
    assertThatThrownBy(() -> write("new", IfExists.REFUSE))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("out.bin", "already exists");
    assertThat(target).hasContent("old");
  }

  @Test
  void refusesAFileThatAppearsMeanwhile() throws IOException {
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    target,
                    IfExists.REFUSE,
                    channel -> {
                      Files.writeString(target, "someone else's");
                      channel.write(ByteBuffer.wrap(new byte[] {1}));
                    }))
        .isInstanceOf(UsageException.class);
    assertThat(target).hasContent("someone else's");
    assertThat(names()).containsExactly("out.bin");
  }

  @Test
  void aFailureLeavesTheOldFile() throws IOException {
    write("old", IfExists.REPLACE);
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    target,
                    IfExists.REPLACE,
                    channel -> {
                      channel.write(ByteBuffer.wrap(new byte[10_000]));
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(LssGenException.class)
        .hasMessageContainingAll(
            "out.bin",
            "No space left on device",
            "bytes free",
            "the file that was there is unchanged");
    assertThat(target).hasContent("old");
    assertThat(names()).containsExactly("out.bin");
  }

  @Test
  void aFailureLeavesNothingWhereNothingWas() throws IOException {
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    target,
                    IfExists.REPLACE,
                    channel -> {
                      throw new IllegalStateException("a bug");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(names()).isEmpty();
  }

  @Test
  void refusesWrongTargets() {
    target = folder.resolve("absent/out.bin");
    assertThatThrownBy(() -> write("x", IfExists.REPLACE))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("does not exist");
    target = folder;
    assertThatThrownBy(() -> write("x", IfExists.REPLACE))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("found a folder");
  }
}
