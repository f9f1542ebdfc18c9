package io.lssgen.server.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.LssGenException;
import io.lssgen.server.Limits;
import io.lssgen.server.ServerOptions.AfterCrash;
import io.lssgen.server.http.Json;
import io.lssgen.server.store.Database;
import io.lssgen.server.store.JobStore;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JobQueueTest {
  private static final JobRequest REQUEST =
      Json.read(
          "{\"prompt\": \"a cat\", \"negative_prompt\": \"\", \"model\": \"tiny\", \"images\": 1,"
              + " \"seed\": 1, \"plain\": false, \"partials\": 0, \"previews\": false}",
          JobRequest.class);

  @TempDir Path data;

  private static JobQueue queue(Database database) {
    return new JobQueue(
        new JobStore(database), Limits.usual(), AfterCrash.REQUEUE, new ServerMetrics());
  }

  @Test
  void aJobWhoseCancellingCannotBeNotedHoldsNobodyUp() {
    Database database = Database.open(data);
    JobQueue queue = queue(database);
    LiveJob job = queue.submit(REQUEST, "test", "me");
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
      LiveJob job = queue(database).submit(REQUEST, "test", "me");
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
