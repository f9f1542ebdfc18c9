package io.lssgen.hub;

import static io.lssgen.hub.FakeHub.LISTING;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.ModelException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the hub refuses, and what is refused of the hub. */
class HubFailuresTest {
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

  private void assertFails(Class<? extends LssGenException> type, String name, String... texts) {
    assertThatThrownBy(() -> fixture.fetch(name))
        .isExactlyInstanceOf(type)
        .satisfies(e -> assertThat(e.getMessage()).contains(texts).doesNotContain("\n", "hf_"));
    assertThat(HubFixture.names(cache)).noneMatch(file -> file.contains("refs"));
  }

  @Test
  void unknownModelAndRevision() {
    assertFails(
        ModelException.class, "lssgen/none", "no folder lssgen/none", "no such model", "HTTP 401");
    fixture.token("hf_good");
    assertFails(ModelException.class, "lssgen/none", "no such model", "HTTP 404");
    assertFails(ModelException.class, FakeHub.ID + "@v9", "lssgen/tiny has no revision 'v9'");
  }

  @Test
  void gatedModelWantsItsLicenceAcceptedAndAToken() {
    hub.gate = Optional.of("hf_good");
    String page = hub.endpoint() + "/lssgen/tiny";
    assertFails(
        ModelException.class, FakeHub.ID, "accept its licence at " + page, "HF_TOKEN", "no token");
    fixture.token("hf_other");
    assertFails(ModelException.class, FakeHub.ID, page, "HTTP 403", "the token sent is not enough");

    fixture.token("hf_good");
    assertThat(fixture.fetch()).isDirectory();
  }

  @Test
  void tokenThatIsRefused() {
    fixture.token("hf_old");
    hub.fail(LISTING, FakeHub.Fault.status(401));
    assertFails(ModelException.class, FakeHub.ID, "refuses the token", "HF_TOKEN");
  }

  @Test
  void tooManyRequestsAreMadeAgainAfterThePauseAskedFor() {
    hub.fail(LISTING, FakeHub.Fault.status(429, "Retry-After", "1"));
    long begin = System.nanoTime();
    assertThat(fixture.fetch()).isDirectory();
    assertThat(System.nanoTime() - begin).isGreaterThan(1_000_000_000L);
  }

  @Test
  void pauseThatIsTooLongIsToldAtOnce() {
    hub.fail(LISTING, FakeHub.Fault.status(429, "Retry-After", "3600"));
    assertFails(LssGenException.class, FakeHub.ID, "HTTP 429", "HF_TOKEN", "3600 s");
    assertThat(hub.seen).hasSize(1);
  }

  @Test
  void serverThatFailsIsAskedAFewTimes() {
    FakeHub.Fault broken = FakeHub.Fault.status(503);
    hub.fail(LISTING, broken, broken, broken, broken);
    assertFails(LssGenException.class, FakeHub.ID, "HTTP 503", "gave up after 3 attempts");
    assertThat(hub.seen).hasSize(3);
    assertThat(fixture.fetch()).isDirectory(); // one failure is left
  }

  @Test
  void nobodyThere() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    HubSettings real = fixture.settings;
    fixture.settings = at(real, "http://127.0.0.1:" + port);
    assertFails(LssGenException.class, FakeHub.ID, "no connection to http://127.0.0.1", "proxy");
    fixture.settings = at(real, "http://no-such-host.invalid");
    assertFails(LssGenException.class, FakeHub.ID, "no connection to no-such-host.invalid");
  }

  private static HubSettings at(HubSettings settings, String endpoint) {
    return new HubSettings(
        settings.cache(), URI.create(endpoint), settings.token(), false, true, true);
  }

  @Test
  void proxyOfTheJvmIsUsed() {
    URI there = hub.endpoint();
    fixture.settings = at(fixture.settings, "http://hub.invalid");
    ProxySelector before = ProxySelector.getDefault();
    ProxySelector.setDefault(
        new ProxySelector() {
          @Override
          public List<Proxy> select(URI uri) {
            SocketAddress address = new InetSocketAddress(there.getHost(), there.getPort());
            return uri.getHost().equals("hub.invalid")
                ? List.of(new Proxy(Proxy.Type.HTTP, address))
                : List.of(Proxy.NO_PROXY);
          }

          @Override
          public void connectFailed(URI uri, SocketAddress address, IOException e) {}
        });
    try {
      HubFixture.assertHolds(fixture.fetch(), hub.files());
    } finally {
      ProxySelector.setDefault(before);
    }
  }

  @Test
  void revisionThatIsNotInTheCacheIsToldOffline() {
    hub.revisions.put("v1", FakeHub.COMMIT);
    fixture.fetch(FakeHub.ID + "@v1");
    assertThatThrownBy(() -> fixture.fetchOffline())
        .isExactlyInstanceOf(ModelException.class)
        .hasMessageContaining("revision 'main' is not in the cache")
        .hasMessageContaining("which has " + FakeHub.COMMIT + ", v1;");
  }

  @Test
  void offlineAsksNobody() {
    assertThatThrownBy(() -> fixture.fetchOffline())
        .isExactlyInstanceOf(ModelException.class)
        .hasMessageContaining("no such model in the cache " + cache)
        .hasMessageContaining("--offline");
    assertThat(hub.seen).isEmpty();
  }

  @Test
  void answerThatIsNoHubs() {
    hub.fail(LISTING, FakeHub.Fault.instead("<html>".getBytes()));
    assertFails(ModelException.class, FakeHub.ID, "does not answer as a hub does");
    hub.fail(LISTING, FakeHub.Fault.instead("{}".getBytes()));
    assertFails(ModelException.class, FakeHub.ID, "no commit or no list of files");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../x.json",
        "vae/../../../x.json",
        "/etc/x.json",
        "vae//x.json",
        "vae/./x.json",
        "..\\x.json",
        "C:/x.json",
        "vae/C:x.json",
        ""
      })
  void filesOutsideOfTheModelAreRefused(String file) {
    hub.files().put(file, new byte[] {1});
    assertFails(ModelException.class, FakeHub.ID, "is refused", "nothing was written");
    assertThat(HubFixture.names(cache)).isEmpty();
  }

  @Test
  void componentOutsideOfTheModelIsRefused() {
    hub.files()
        .put(
            "model_index.json",
            "{\"_class_name\": \"FluxPipeline\", \"../vae\": [\"diffusers\", \"X\"]}".getBytes());
    assertFails(ModelException.class, FakeHub.ID, "names a component '../vae'");
  }

  @Test
  void pipelineOfAnUnknownFamilyIsRefusedBeforeItsWeightsAreFetched() {
    String index = new String(hub.files().get("model_index.json"), StandardCharsets.UTF_8);
    byte[] other = index.replace("FluxPipeline", "AuraFlowPipeline").getBytes();
    hub.files().put("model_index.json", other);
    assertFails(
        ModelException.class,
        FakeHub.ID,
        "lssgen/tiny is a model for AuraFlowPipeline, whose family is not supported",
        "known families: FLUX.1");
    assertThat(hub.seen).noneMatch(FakeHub.Seen::atStorage);
  }

  @Test
  void checksumThatIsNoneIsNotMadeAFilesName() {
    hub.falseHeaders.put(HubFixture.WEIGHTS, Map.of("X-Linked-Etag", "\"../../../x\""));
    assertFails(ModelException.class, FakeHub.ID, "wanted a checksum as its ETag");
  }

  @Test
  void modelThatDoesNotFitOnTheDiskIsRefusedBeforeItsWeightsAreFetched() {
    hub.falseHeaders.put(HubFixture.WEIGHTS, Map.of("X-Linked-Size", "4611686018427387904"));
    assertFails(
        LssGenException.class, FakeHub.ID, "does not fit on the disk", "free", "HF_HUB_CACHE");
    assertThat(hub.seen)
        .noneMatch(request -> request.path().endsWith(".safetensors") && request.atStorage());
  }

  @Test
  void otherCommitThanAskedForIsRefused() {
    hub.falseHeaders.put(HubFixture.WEIGHTS, Map.of("X-Repo-Commit", "3".repeat(40)));
    assertFails(ModelException.class, FakeHub.ID, "of commit " + FakeHub.COMMIT);
  }

  @Test
  void hugeVocabularyIsRefused() {
    hub.falseHeaders.put("tokenizer/vocab.json", Map.of("Content-Length", "1000000000"));
    assertFails(ModelException.class, FakeHub.ID, "tokenizer/vocab.json has 1,000,000,000 bytes");
  }
}
