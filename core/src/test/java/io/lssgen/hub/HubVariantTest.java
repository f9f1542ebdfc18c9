package io.lssgen.hub;

import static io.lssgen.hub.HubFixture.WEIGHTS;
import static io.lssgen.hub.HubFixture.assertHolds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repositories that hold their weights more than once. */
class HubVariantTest {
  private static final String ENDING = ".safetensors";
  private static final WantedWeights FP16 = WantedWeights.variant("fp16");
  private static final WantedWeights BF16 = WantedWeights.variant("bf16");

  @TempDir Path cache;
  private HubFixture fixture;
  private FakeHub hub;
  private Map<String, byte[]> small;
  private Map<String, byte[]> plain;

  @BeforeEach
  void start() {
    fixture = new HubFixture(cache);
    hub = fixture.hub;
    plain = new TreeMap<>(hub.files());
    small = new TreeMap<>(plain);
    small.keySet().removeIf(name -> name.endsWith(ENDING));
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private static String of(String name, String variant) {
    return name.replace(ENDING, "." + variant + ENDING);
  }

  /** The small files and the weights of variants. */
  private Map<String, byte[]> with(String... variants) {
    Map<String, byte[]> files = new TreeMap<>(small);
    plain.forEach(
        (name, content) -> {
          if (name.endsWith(ENDING)) {
            for (String variant : variants) {
              files.put(of(name, variant), content);
            }
          }
        });
    return files;
  }

  @Test
  void variantIsFetchedAloneAndFoundOffline() {
    hub.files().putAll(with("fp16", "bf16"));
    Path found = fixture.fetch(FP16);

    assertHolds(found, with("fp16"));
    int requests = hub.seen.size();
    assertThat(fixture.fetch(FP16)).isEqualTo(found);
    assertThat(fixture.fetchOffline(FP16)).isEqualTo(found);
    assertThat(hub.seen).hasSize(requests);
    try (TextToImage model = PipelineLoader.of(found).variant("fp16").load()) {
      assertThat(model.family()).isEqualTo("FLUX.1");
    }
  }

  @Test
  void variantsShareASnapshotAndItsSmallFiles() {
    hub.files().putAll(with("fp16", "bf16"));
    Path found = fixture.fetch(FP16);

    assertThat(fixture.fetch(BF16)).isEqualTo(found);
    assertHolds(found, with("fp16", "bf16"));
    small.keySet().forEach(name -> assertThat(hub.gets(name)).hasSize(1));
    assertThat(hub.gets(WEIGHTS)).isEmpty();
    assertThat(fixture.fetchOffline(FP16)).isEqualTo(found);
    assertThat(fixture.fetchOffline(BF16)).isEqualTo(found);
    assertThatThrownBy(() -> fixture.fetchOffline())
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("half downloaded")
        .hasMessageContaining("name a variant");
  }

  @Test
  void snapshotOfAVariantIsNotCompleteForPlainWeights() {
    hub.files().putAll(with("fp16"));
    fixture.fetch(FP16);
    Map<String, byte[]> both = new TreeMap<>(plain);
    both.putAll(with("fp16"));

    assertHolds(fixture.fetch(), both);
    int requests = hub.seen.size();
    fixture.fetch();
    assertThat(hub.seen).hasSize(requests);
  }

  @Test
  void snapshotOfPlainWeightsIsNotCompleteForAVariant() {
    hub.files().putAll(with("fp16"));
    fixture.fetch();
    assertThatThrownBy(() -> fixture.fetchOffline(FP16))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("half downloaded")
        .hasMessageContaining("*.fp16.safetensors (there is");

    assertThat(fixture.fetch(FP16).resolve(of(WEIGHTS, "fp16"))).isRegularFile();
  }

  @Test
  void onlyVariantStandsInForPlainWeightsThatNobodyHas() {
    hub.files().clear();
    hub.files().putAll(with("fp16"));
    Path found = fixture.fetch(FP16);
    assertThat(fixture.fetchOffline()).isEqualTo(found);

    int before = hub.seen.size();
    assertThat(fixture.fetch()).isEqualTo(found);
    assertThat(hub.seen.subList(before, hub.seen.size())).isNotEmpty().noneMatch(this::isDownload);
    int asked = hub.seen.size();
    assertThat(fixture.fetch()).isEqualTo(found); // it is known by now that there are none
    assertThat(hub.seen).hasSize(asked);
  }

  private boolean isDownload(FakeHub.Seen request) {
    return request.method().equals("GET") && !request.path().startsWith("/api/models/");
  }

  @Test
  void variantThatTheRepositoryLacksIsRefusedBeforeAnyWeightsAreFetched() {
    for (WantedWeights wanted : List.of(FP16, BF16)) {
      assertThatThrownBy(() -> fixture.fetch(wanted))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("." + wanted.variant().get() + ".safetensors")
          .hasMessageContaining("(there is diffusion_pytorch_model.safetensors)");
    }
    assertThat(hub.seen).noneMatch(FakeHub.Seen::atStorage);
  }
}
