package io.lssgen.hub;

import static io.lssgen.hub.HubFixture.WEIGHTS;
import static io.lssgen.hub.HubFixture.assertHolds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.ModelException;
import io.lssgen.hub.FakeHub.Fault;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Downloads over connections and from servers that are not as they should be. */
@Timeout(60)
class BlobDownloadTest {
  @TempDir Path cache;
  private HubFixture fixture;
  private FakeHub hub;

  @BeforeEach
  void start() {
    fixture = new HubFixture(cache);
    hub = fixture.hub;
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private void assertFetchesAll() {
    assertHolds(fixture.fetch(), hub.files());
    assertThat(fixture.partials()).isEmpty();
  }

  private List<Long> begins(String file) {
    return hub.gets(file).stream().map(FakeHub.Seen::from).toList();
  }

  @Test
  void connectionThatIsCutIsContinued() {
    hub.fail(WEIGHTS, Fault.cut(100_000), Fault.cut(50_000));
    hub.fail("tokenizer/vocab.json", Fault.cut(1000));
    assertFetchesAll();

    assertThat(begins(WEIGHTS)).containsExactly(0L, 100_000L, 150_000L);
    assertThat(begins("tokenizer/vocab.json")).containsExactly(0L, 1000L);
  }

  @Test
  void nextRunContinuesWhatTheLastOneLeft() {
    hub.fail(WEIGHTS, Fault.cut(1000), Fault.cut(1000), Fault.cut(1000));
    assertThatThrownBy(() -> fixture.fetch())
        .isExactlyInstanceOf(LssGenException.class)
        .hasMessageContaining(WEIGHTS + " of lssgen/tiny: the connection ended after 3,000 of")
        .hasMessageContaining("gave up after 3 attempts");
    assertThat(fixture.partials()).hasSize(1);

    assertFetchesAll();
    assertThat(begins(WEIGHTS)).containsExactly(0L, 1000L, 2000L, 3000L);
  }

  @Test
  void interruptedDownloadNeverLooksComplete() {
    Fault gone = Fault.status(503);
    hub.fail("vae/diffusion_pytorch_model.safetensors", gone, gone, gone);
    assertThatThrownBy(() -> fixture.fetch()).isInstanceOf(LssGenException.class);

    assertThatThrownBy(() -> fixture.fetchOffline())
        .isExactlyInstanceOf(ModelException.class)
        .hasMessageContaining("lssgen/tiny is half downloaded")
        .hasMessageContaining("1 missing: vae/*.safetensors");
    assertThat(fixture.repository().commit()).isEmpty();

    assertFetchesAll();
    assertThat(begins(WEIGHTS)).containsExactly(0L); // what was there was not fetched again
  }

  @Test
  void serverWithoutRangesSendsAllAgain() {
    hub.fail(WEIGHTS, Fault.cut(1000), Fault.whole());
    assertFetchesAll();
    assertThat(begins(WEIGHTS)).containsExactly(0L, 1000L);
  }

  @Test
  void connectionsThatBringMuchMayBreakOften() {
    hub.files().put(WEIGHTS, Arrays.copyOf(hub.files().get(WEIGHTS), 6 << 20));
    Fault cut = Fault.cut(1 << 20);
    hub.fail(WEIGHTS, cut, cut, cut, cut, cut);
    assertFetchesAll();
    assertThat(hub.gets(WEIGHTS)).hasSize(6);
  }

  @Test
  void sameBytesOnceMoreAreNoProgress() {
    hub.files().put(WEIGHTS, Arrays.copyOf(hub.files().get(WEIGHTS), 6 << 20));
    Fault cut = Fault.cutWhole(2 << 20);
    hub.fail(WEIGHTS, cut, cut, cut, cut);
    assertThatThrownBy(() -> fixture.fetch()).hasMessageContaining("gave up after 3 attempts");
    assertThat(hub.gets(WEIGHTS)).hasSize(3);
  }

  @Test
  @EnabledOnOs(OS.LINUX) // has a device that is always full
  void diskThatIsFullIsToldAsSuch() throws IOException {
    Path partial = fixture.repository().partial(fixture.file(WEIGHTS));
    Files.createDirectories(partial.getParent());
    Files.createSymbolicLink(partial, Path.of("/dev/full"));
    assertThatThrownBy(() -> fixture.fetch())
        .isExactlyInstanceOf(LssGenException.class)
        .hasMessageContaining("lssgen/tiny cannot be written to the cache " + cache)
        .hasMessageContaining("No space left")
        .hasMessageContaining("HF_HUB_CACHE");
    assertThat(hub.gets(WEIGHTS)).hasSize(1);
    Files.delete(partial);
  }

  @Test
  void damagedBeginningIsFetchedAgain() throws IOException {
    HubFile file = fixture.file(WEIGHTS);
    Path partial = fixture.repository().partial(file);
    Files.createDirectories(partial.getParent());
    Files.write(partial, new byte[2000]);
    assertFetchesAll();
    assertThat(begins(WEIGHTS)).containsExactly(2000L, 0L);
  }

  @Test
  void beginningThatIsTooLongIsForgotten() throws IOException {
    HubFile file = fixture.file(WEIGHTS);
    Path partial = fixture.repository().partial(file);
    Files.createDirectories(partial.getParent());
    Files.write(partial, new byte[(int) file.size() + 1]);
    assertFetchesAll();
    assertThat(begins(WEIGHTS)).containsExactly(0L);
  }

  @Test
  void wrongChecksumTwiceIsAnErrorAndKeepsNothing() {
    byte[] other = hub.files().get(WEIGHTS).clone();
    other[1000]++;
    hub.fail(WEIGHTS, Fault.instead(other));
    assertFetchesAll();

    Map<String, byte[]> next = new TreeMap<>(hub.files());
    next.put("vae/config.json", "{}".getBytes(StandardCharsets.UTF_8));
    hub.commits.put("2".repeat(40), next);
    hub.revisions.put("next", "2".repeat(40));
    Fault wrong = Fault.instead("[]".getBytes(StandardCharsets.UTF_8));
    hub.fail("vae/config.json", wrong, wrong);
    assertThatThrownBy(() -> fixture.fetch(FakeHub.ID + "@next"))
        .isExactlyInstanceOf(ModelException.class)
        .hasMessageContaining("vae/config.json of lssgen/tiny@next is damaged")
        .hasMessageContaining("checksum");
    assertThat(fixture.partials()).isEmpty();
  }

  @Test
  void lengthsThatLieAreNoticed() {
    byte[] right = hub.files().get(WEIGHTS);
    byte[] longer = Arrays.copyOf(right, right.length + 5);
    Fault shorter = Fault.instead(Arrays.copyOf(right, right.length - 5));
    hub.fail(WEIGHTS, Fault.instead(longer), shorter);
    assertFetchesAll();
    assertThat(begins(WEIGHTS)).containsExactly(0L, 0L, right.length - 5L);

    String text = "text_encoder/model.safetensors";
    HubFixture other = new HubFixture(cache.resolve("other"));
    try (other) {
      Fault more = Fault.instead(new byte[1 << 20]);
      other.hub.fail(text, more, more, more);
      assertThatThrownBy(other::fetch)
          .isExactlyInstanceOf(LssGenException.class)
          .hasMessageContaining("the server sends more");
    }
  }

  @Test
  void threadsFetchEachFileOnce() {
    List<CompletableFuture<Path>> runs =
        List.of(
            CompletableFuture.supplyAsync(fixture::fetch),
            CompletableFuture.supplyAsync(fixture::fetch));
    runs.forEach(run -> assertHolds(run.join(), hub.files()));
    hub.files().keySet().forEach(file -> assertThat(hub.gets(file)).as(file).hasSize(1));
  }

  @Test
  void fileThatAnotherProcessIsFetchingIsWaitedFor() throws Exception {
    HubFile file = fixture.file(WEIGHTS);
    Path blob = fixture.repository().blob(file);
    Path lock = fixture.repository().lock(file);
    Files.createDirectories(lock.getParent());
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                LockHolder.class.getName(),
                lock.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said =
        new BufferedReader(new InputStreamReader(other.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(said.readLine()).isEqualTo(LockHolder.LOCKED);
      CompletableFuture<Path> run = CompletableFuture.supplyAsync(fixture::fetch);
      while (hub.gets("text_encoder_2/model.safetensors").isEmpty()) {
        Thread.sleep(5);
      }
      Thread.sleep(200); // it would have begun by now
      assertThat(run).isNotDone();
      Files.write(blob, hub.files().get(WEIGHTS));
      other.getOutputStream().close();
      assertHolds(run.get(30, TimeUnit.SECONDS), hub.files());
      assertThat(hub.gets(WEIGHTS)).isEmpty();
    } finally {
      other.destroy();
    }
  }
}
