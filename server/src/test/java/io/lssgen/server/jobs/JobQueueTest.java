package io.lssgen.server.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.LssGenException;
import io.lssgen.image.Mask;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.InitialPicture;
import io.lssgen.server.Limits;
import io.lssgen.server.ServerOptions.AfterCrash;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Json;
import io.lssgen.server.store.Database;
import io.lssgen.server.store.Ids;
import io.lssgen.server.store.InitialPictures;
import io.lssgen.server.store.JobPictures;
import io.lssgen.server.store.JobStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobQueueTest {
  private static final JobRequest REQUEST =
      Json.read(
          "{\"prompt\": \"a cat\", \"negative_prompt\": \"\", \"model\": \"tiny\", \"images\": 1,"
              + " \"seed\": 1, \"plain\": false, \"partials\": 0, \"previews\": false}",
          JobRequest.class);

  @TempDir Path data;

  private JobQueue queue(Database database) {
    return new JobQueue(
        new JobStore(database),
        new InitialPictures(data),
        Limits.usual(),
        AfterCrash.REQUEUE,
        new ServerMetrics());
  }

  private static LiveJob submit(JobQueue queue, @Nullable InitialPicture picture) {
    JobPictures pictures = new JobPictures(picture, List.of());
    return queue.submit(new Wanted(REQUEST, pictures), "test", "me");
  }

  private List<String> pictures() throws IOException {
    return pictures("initial");
  }

  private List<String> pictures(String folder) throws IOException {
    try (Stream<Path> files = Files.list(data.resolve(folder))) {
      return files.map(file -> file.getFileName().toString()).toList();
    }
  }

  @Test
  void aPictureIsKeptAsLongAsItsJob() throws IOException {
    RgbImage image = new RgbImage(2, 1, new byte[] {1, 2, 3, 4, 5, 6});
    Mask mask = Mask.of(new RgbImage(2, 1, new byte[] {-1, -1, -1, 0, 0, 0}));
    InitialPicture picture = new InitialPicture(image, 0.5, Optional.of(mask));
    String kept;
    try (Database database = Database.open(data)) {
      JobQueue queue = queue(database);
      kept = submit(queue, picture).id();
      LiveJob cancelled = submit(queue, picture);
      submit(queue, null);
      assertThat(pictures()).hasSize(2);
      assertThat(pictures("masks")).hasSize(2);
      queue.cancel(cancelled);
      assertThat(pictures()).containsExactly(kept + ".png");
    }
    Files.createFile(data.resolve("initial").resolve(Ids.draw() + ".png"));
    Files.createFile(data.resolve("masks").resolve(Ids.draw() + ".png"));
    try (Database database = Database.open(data)) {
      assertThat(queue(database).find(kept)).isPresent();
      assertThat(pictures()).as("without what no job waits for").containsExactly(kept + ".png");
      assertThat(pictures("masks")).containsExactly(kept + ".png");
      assertThat(new InitialPictures(data).read(kept, 0.5, 0.0, picture.inpainting()))
          .isEqualTo(picture);
    }
  }

  @Test
  void aPictureOfAJobThatIsNotTakenIsNotKept() throws IOException {
    try (Database database = Database.open(data)) {
      JobQueue queue = queue(database);
      queue.close();
      InitialPicture black = new InitialPicture(new RgbImage(1, 1, new byte[3]), 0.5);
      assertThatThrownBy(() -> submit(queue, black)).isInstanceOf(ApiException.class);
      assertThat(pictures()).isEmpty();
    }
  }

  @Test
  void aJobWhoseCancellingCannotBeNotedHoldsNobodyUp() {
    Database database = Database.open(data);
    JobQueue queue = queue(database);
    LiveJob job = submit(queue, null);
    database.close(); // as a disk that takes nothing more

    assertThatThrownBy(() -> queue.cancel(job)).isInstanceOf(LssGenException.class);
    assertThat(job.outcome()).isCompletedExceptionally();
    assertThat(queue.find(job.id())).isEmpty();
  }

  @Test
  void eventsOfAJobThatIsTakenOverHaveNumbersAboveTheOldOnes() throws InterruptedException {
    String id;
    long seen;
    try (Database database = Database.open(data)) {
      LiveJob job = submit(queue(database), null);
      id = job.id();
      try (Listening listening = job.listen()) {
        seen = listening.next(1000).number();
      }
    }
    try (Database database = Database.open(data)) {
      LiveJob again = queue(database).find(id).orElseThrow();
      try (Listening listening = again.listen()) {
        assertThat(listening.next(1000).number()).isGreaterThan(seen);
      }
    }
  }
}
