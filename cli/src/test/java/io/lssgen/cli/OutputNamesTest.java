package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile;
import io.lssgen.files.AtomicFile.IfExists;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputNamesTest {
  private static final byte[] PICTURE = {1, 2, 3};

  @TempDir Path folder;

  private static void write(Path file) {
    AtomicFile.write(file, IfExists.REFUSE, PICTURE);
  }

  @Test
  void aNumberThatAnotherTookMeanwhileIsLeftToIt() {
    OutputNames names = OutputNames.of(folder, 1, false);
    List<Path> tried = new ArrayList<>();

    Path written =
        names.put(
            file -> {
              if (tried.isEmpty()) {
                AtomicFile.write(file, IfExists.REFUSE, new byte[] {9}); // the other program
              }
              tried.add(file);
              write(file);
            });

    assertThat(tried).hasSize(2);
    assertThat(tried.get(0)).hasBinaryContent(new byte[] {9});
    assertThat(written).isEqualTo(tried.get(1)).hasBinaryContent(PICTURE);
  }

  @Test
  void aPlainNameThatAnotherTookIsAnError() {
    Path file = folder.resolve("cat.png");
    OutputNames names = OutputNames.of(file, 1, false);
    write(file);

    assertThatThrownBy(() -> names.put(OutputNamesTest::write))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("already exists");
  }

  @Test
  void otherFailuresAreNotTriedAgain() {
    OutputNames names = OutputNames.of(folder, 1, false);
    List<Path> tried = new ArrayList<>();

    assertThatThrownBy(
            () ->
                names.put(
                    file -> {
                      tried.add(file);
                      throw new UsageException("no");
                    }))
        .hasMessage("no");
    assertThat(tried).hasSize(1);
  }
}
