package io.lssgen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class PictureFoldersTest {
  @TempDir Path root;
  private Path pictures;

  @BeforeEach
  void fill() throws IOException {
    pictures = Files.createDirectories(root.resolve("pictures"));
    Files.createDirectory(pictures.resolve("below"));
    for (String name : List.of("b.JPG", "below/a.webp", "c.txt", ".d.png")) {
      Files.createFile(pictures.resolve(name));
    }
  }

  @Test
  void picturesAreListedByName() {
    assertThat(PictureFolders.list(List.of(pictures)))
        .containsExactly(pictures.resolve("below/a.webp"), pictures.resolve("b.JPG"));
  }

  @Test
  @DisabledOnOs(OS.WINDOWS) // links want privileges there
  void linksAreFollowed() throws IOException {
    Path link = Files.createSymbolicLink(root.resolve("link"), pictures);
    Path holder = Files.createDirectory(root.resolve("holder"));
    Files.createSymbolicLink(holder.resolve("inner"), pictures);
    Files.createSymbolicLink(holder.resolve("nowhere.png"), root.resolve("missing.png"));

    assertThat(PictureFolders.list(List.of(link)))
        .containsExactly(link.resolve("below/a.webp"), link.resolve("b.JPG"));
    assertThat(PictureFolders.list(List.of(holder))).hasSize(2);
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aLinkToAFolderAboveIsAnError() throws IOException {
    Files.createSymbolicLink(pictures.resolve("loop"), root);

    assertThatThrownBy(() -> PictureFolders.list(List.of(root)))
        .isInstanceOf(LssGenException.class)
        .hasMessageContainingAll("cannot list", "loop");
  }

  @Test
  void aFolderWithoutPicturesIsAnError() throws IOException {
    Path empty = Files.createDirectory(root.resolve("empty"));

    assertThatThrownBy(() -> PictureFolders.list(List.of(empty)))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("no pictures in", "empty");
    assertThatThrownBy(() -> PictureFolders.list(List.of(root.resolve("missing"))))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no such folder");
  }
}
