package io.lssgen.errors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the system itself throws gives a reason, and never the path again. */
class IoReasonTest {
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void makeFile() throws IOException {
    file = Files.writeString(folder.resolve("file"), "text");
  }

  private String reason(ThrowingCallable operation) {
    String reason = IoReason.of(catchThrowableOfType(IOException.class, operation));
    assertThat(reason).isNotBlank().doesNotContain(folder.toString());
    return reason;
  }

  @Test
  void reasonsAreWords() {
    assertThat(reason(() -> Files.readString(folder.resolve("none"))))
        .isEqualTo("there is no such file or folder");
    assertThat(reason(() -> Files.createDirectory(file))).isEqualTo("a file of that name is there");
    assertThat(reason(() -> Files.createDirectories(file.resolve("below/that"))))
        .isEqualTo("Not a directory");
    assertThat(reason(() -> Files.newDirectoryStream(file).close()))
        .isEqualTo("it is not a folder");
    assertThat(reason(() -> Files.delete(folder))).isEqualTo("it is a folder with files");
  }

  @Test
  void readingLazilyFailsForTheSameReasons() {
    UncheckedIOException e =
        catchThrowableOfType(
            UncheckedIOException.class,
            () -> {
              try (var lines = Files.lines(folder)) {
                lines.forEach(line -> {});
              }
            });
    assertThat(IoReason.of(e)).isEqualTo("Is a directory");
  }

  @Test
  void anExceptionWithoutMessageIsNamed() {
    assertThat(IoReason.of(new IOException())).isEqualTo("IOException");
  }
}
