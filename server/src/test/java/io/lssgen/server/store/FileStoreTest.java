package io.lssgen.server.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.server.store.StoredFile.Purpose;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileStoreTest {
  @TempDir Path data;

  private static String content(FileStore store, String id) throws IOException {
    try (InputStream in = store.content(store.find(id).orElseThrow())) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  @Test
  void whatADeadProcessWroteAndDidNotCountIsWrittenAgain() throws IOException {
    try (Database database = Database.open(data)) {
      FileStore store = new FileStore(database, data);
      String id = Ids.draw();
      long first = store.append(id, 0, "one");
      store.append(id, first, "two, longer, and never counted");
      long second = store.append(id, first, "two");
      store.enter(id, "answers", Purpose.BATCH_OUTPUT, second);

      assertThat(content(store, id)).isEqualTo("one\ntwo\n");
      assertThat(store.find(id).orElseThrow().bytes()).isEqualTo(8);
      assertThatThrownBy(() -> store.append(id, 100, "three"))
          .isInstanceOf(LostFileException.class)
          .hasMessageContaining("shorter");
    }
  }

  @Test
  void clientsSeeNothingThatDoesNotCount() throws IOException {
    try (Database database = Database.open(data)) {
      FileStore store = new FileStore(database, data);
      String id = Ids.draw();
      long first = store.append(id, 0, "one");
      store.append(id, first, "half of a li");

      store.enter(id, "answers", Purpose.BATCH_OUTPUT, first);

      assertThat(content(store, id)).isEqualTo("one\n");
    }
  }

  @Test
  void aDatabaseOfAnEarlierVersionGetsWhatItLacks() {
    String job = Ids.draw();
    try (Database database = Database.open(data)) {
      new JobStore(database).add(job, "test", "me", "{}");
      database.change("DROP TABLE file"); // as version 1 was
      database.change("DROP TABLE batch");
      database.change("PRAGMA user_version = 1");
    }

    try (Database database = Database.open(data)) {
      FileStore files = new FileStore(database, data);
      assertThat(new JobStore(database).find(job)).isPresent();
      assertThat(files.find(files.add("a.jsonl", new byte[3]).id())).isPresent();
      assertThat(new BatchStore(database, files).open()).isZero();
    }
  }

  @Test
  void halfWrittenUploadsGo() throws IOException {
    Path half = Files.createDirectories(data.resolve("files")).resolve(".1f00ab.part");
    Files.writeString(half, "half");
    try (Database database = Database.open(data)) {
      new FileStore(database, data);
    }
    assertThat(half).doesNotExist();
  }
}
