package io.lssgen.server.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageStoreTest {
  @TempDir Path data;
  private Path images;

  @BeforeEach
  void folderOfPictures() throws IOException {
    images = Files.createDirectories(data.resolve("images"));
  }

  private void start() {
    try (Database database = Database.open(data)) {
      new ImageStore(database, data);
    }
  }

  private String addPicture(boolean deleted) {
    try (Database database = Database.open(data)) {
      new JobStore(database).add(Ids.draw(), "test", "me", "{}");
      ImageStore store = new ImageStore(database, data);
      String job = new JobStore(database).latest(1).get(0).id();
      String id =
          store.add(
              job,
              0,
              1,
              new RgbImage(2, 2, new byte[12]),
              new GenerationMetadata("", "", Map.of(), Map.of()));
      if (deleted) {
        store.delete(id);
      }
      return id;
    }
  }

  @Test
  void filesOfOthersStay() throws IOException {
    Path photograph = Files.writeString(images.resolve("holiday.jpg"), "mine");
    Path nested = Files.createDirectories(images.resolve("thumbnails"));
    Path inside = Files.writeString(nested.resolve("a.png"), "mine");

    start();

    assertThat(photograph).hasContent("mine");
    assertThat(inside).hasContent("mine");
  }

  @Test
  void picturesOfALostDatabaseStay() throws IOException {
    String id = addPicture(false);
    Files.delete(data.resolve("lssgen.db"));

    start();

    assertThat(images.resolve(id + ".png")).isNotEmptyFile();
  }

  @Test
  void whatADeadProcessLeftGoes() throws IOException {
    Path half = Files.writeString(images.resolve(".1f00ab.part"), "half a picture");
    String id = addPicture(true);
    Path deleted = Files.writeString(images.resolve(id + ".png"), "row gone, file not");
    String kept = addPicture(false);

    start();

    assertThat(half).doesNotExist();
    assertThat(deleted).doesNotExist();
    assertThat(images.resolve(kept + ".png")).isNotEmptyFile();
  }
}
