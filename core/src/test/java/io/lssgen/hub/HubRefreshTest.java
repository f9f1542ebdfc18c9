package io.lssgen.hub;

import static io.lssgen.hub.HubFixture.WEIGHTS;
import static io.lssgen.hub.HubFixture.assertHolds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.hub.FakeHub.Fault;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Branches that move on after they were fetched. */
class HubRefreshTest {
  private static final String NEXT = "2".repeat(40);
  private static final String CHANGED = "vae/diffusion_pytorch_model.safetensors";

  @TempDir Path cache;
  private HubFixture fixture;
  private FakeHub hub;
  private Map<String, byte[]> before;
  private Map<String, byte[]> after;
  private Path old;

  @BeforeEach
  void start() {
    fixture = new HubFixture(cache);
    hub = fixture.hub;
    before = new TreeMap<>(hub.files());
    after = new TreeMap<>(before);
    after.put(CHANGED, new byte[] {1, 2, 3});
    after.put("lssgen.json", "{}".getBytes());
    old = fixture.fetch();
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private void move() {
    hub.commits.put(NEXT, after);
    hub.revisions.put("main", NEXT);
    hub.seen.clear();
  }

  @Test
  void whatChangedIsFetchedAndTheOldSnapshotStays() {
    move();
    assertThat(fixture.fetch()).isEqualTo(old);
    assertThat(hub.seen).isEmpty();

    Path fresh = fixture.refresh();
    assertHolds(fresh, after);
    assertHolds(old, before);
    assertThat(hub.gets(CHANGED)).hasSize(1);
    assertThat(hub.gets(WEIGHTS)).isEmpty();
    assertThat(fixture.fetchOffline()).isEqualTo(fresh);
    assertThat(fixture.fetch(FakeHub.ID + "@" + FakeHub.COMMIT)).isEqualTo(old);
  }

  @Test
  void oldSnapshotIsUsedUntilTheNewOneIsWhole() {
    move();
    Fault broken = Fault.status(503);
    hub.fail(CHANGED, broken, broken, broken);
    assertThatThrownBy(() -> fixture.refresh()).isInstanceOf(LssGenException.class);

    assertThat(fixture.fetch()).isEqualTo(old);
    assertThat(fixture.fetchOffline()).isEqualTo(old);
    assertHolds(old, before);
    assertHolds(fixture.refresh(), after);
  }

  @Test
  void branchThatStaysCostsOneRequestAndACommitNone() {
    hub.seen.clear();
    assertThat(fixture.refresh()).isEqualTo(old);
    assertThat(hub.seen).hasSize(1);

    hub.seen.clear();
    String commit = FakeHub.ID + "@" + FakeHub.COMMIT;
    assertThat(fixture.client().refreshing().folder(commit)).isEqualTo(old);
    assertThat(hub.seen).isEmpty();
  }

  @Test
  void branchThatWentBackIsFollowedWithoutADownload() {
    move();
    fixture.refresh();
    hub.revisions.put("main", FakeHub.COMMIT);
    hub.seen.clear();

    assertThat(fixture.refresh()).isEqualTo(old);
    assertThat(hub.seen).hasSize(1);
    assertThat(fixture.fetchOffline()).isEqualTo(old);
  }

  @Test
  void offlineNothingIsRefreshed() {
    ModelHub offline = new ModelHub(fixture.settings.offline(true));
    assertThatThrownBy(offline::refreshing)
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--refresh");
  }
}
