package io.lssgen.hub;

import static io.lssgen.hub.HubFixture.WEIGHTS;
import static io.lssgen.hub.HubFixture.assertHolds;
import static io.lssgen.hub.HubFixture.golden;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.model.ModelParts;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.pipeline.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelHubTest {
  @TempDir Path folder;
  private HubFixture fixture;
  private FakeHub hub;

  @BeforeEach
  void start() {
    fixture = new HubFixture(folder.resolve("cache"));
    hub = fixture.hub;
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void fetchesWhatAPipelineNeedsAndNothingElse() {
    Map<String, byte[]> wanted = new TreeMap<>(hub.files());
    for (String other :
        List.of(
            "README.md",
            ".gitattributes",
            "flux1-tiny.safetensors",
            "transformer/diffusion_pytorch_model.fp16.safetensors",
            "transformer/diffusion_pytorch_model.bin",
            "transformer/diffusion_pytorch_model.bin.index.json",
            "text_encoder/flax_model.msgpack",
            "text_encoder/openvino_model.xml",
            "text_encoder/model.onnx",
            "onnx/config.json",
            "vae/deeper/config.json")) {
      hub.files().put(other, new byte[] {1});
    }

    Path found = fixture.fetch();

    assertHolds(found, wanted);
    try (TextToImage model = PipelineLoader.of(found).load()) {
      assertThat(model.defaults().name()).isEqualTo("tiny");
    }
  }

  @Test
  void whatIsThereIsUsedWithoutAskingAnybody() {
    Path fetched = fixture.fetch();
    int requests = hub.seen.size();

    assertThat(fixture.fetch()).isEqualTo(fetched);
    assertThat(hub.seen).hasSize(requests);
    hub.close();
    assertThat(fixture.fetchOffline()).isEqualTo(fetched);
  }

  @Test
  void listenerHearsOfEveryByteOnce() {
    List<Long> done = new ArrayList<>();
    List<Long> all = new ArrayList<>();
    fixture
        .client()
        .folder(
            FakeHub.ID,
            (file, bytes, sum) -> {
              done.add(bytes);
              all.add(sum);
            });

    long bytes = hub.files().values().stream().mapToLong(content -> content.length).sum();
    assertThat(done).isSorted().endsWith(bytes);
    assertThat(all).containsOnly(bytes);
  }

  @Test
  void tokenGoesToTheHubAlone() {
    fixture.token("hf_secret");
    fixture.fetch();

    assertThat(hub.seen)
        .anyMatch(FakeHub.Seen::atStorage)
        .allMatch(request -> request.token().isPresent() != request.atStorage());
    assertThat(fixture.settings.toString()).doesNotContain("hf_secret");
  }

  @Test
  void revisionsHaveSnapshotsOfTheirOwnAndShareBlobs() throws IOException {
    String other = "2".repeat(40);
    Map<String, byte[]> changed = new TreeMap<>(hub.files());
    changed.put("lssgen.json", "{\"steps\": 3}".getBytes());
    hub.commits.put(other, changed);
    hub.revisions.put("refs/pr/1", other);

    Path main = fixture.fetch();
    Path branch = fixture.fetch(FakeHub.ID + "@refs/pr/1");

    assertHolds(main, hub.files());
    assertHolds(branch, changed);
    assertThat(fixture.fetch(FakeHub.ID + "@" + other)).isEqualTo(branch);
    assertThat(hub.gets(WEIGHTS)).hasSize(1);
    Path refs = main.resolve("../../refs");
    assertThat(Files.readString(refs.resolve("main"))).isEqualTo(FakeHub.COMMIT);
    assertThat(Files.readString(refs.resolve("refs/pr/1"))).isEqualTo(other);
  }

  @Test
  void shardsAreThoseThatTheIndexNames() {
    byte[] weights = hub.files().remove(WEIGHTS);
    hub.files().put("transformer/diffusion_pytorch_model-00001-of-00002.safetensors", weights);
    hub.files().put("transformer/diffusion_pytorch_model-00002-of-00002.safetensors", new byte[9]);
    hub.files()
        .put(
            "transformer/diffusion_pytorch_model.safetensors.index.json",
            """
            {"weight_map": {"a": "diffusion_pytorch_model-00001-of-00002.safetensors",
                            "b": "diffusion_pytorch_model-00002-of-00002.safetensors"}}
            """
                .getBytes());
    Path found = fixture.fetch();
    assertHolds(found, hub.files());

    found
        .resolve("transformer/diffusion_pytorch_model-00002-of-00002.safetensors")
        .toFile()
        .delete();
    assertThatThrownBy(() -> fixture.fetchOffline())
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("half downloaded")
        .hasMessageContaining("1 missing: transformer/diffusion_pytorch_model-00002-of-00002");
  }

  @Test
  void upsamplerIsAModelOfOneComponent() throws IOException {
    Path upsampler = golden("upsampler-tiny");
    hub.files().clear();
    for (String name : List.of("config.json", "diffusion_pytorch_model.safetensors")) {
      hub.files().put(name, Files.readAllBytes(upsampler.resolve(name)));
    }
    hub.files().put("README.md", new byte[] {1});

    assertThat(HubFixture.names(fixture.fetch()))
        .containsExactly("config.json", "diffusion_pytorch_model.safetensors");
    assertThat(fixture.fetchOffline()).isDirectory();
  }

  @Test
  void distilledUNetIsAModelOfOneComponent() throws IOException {
    Path unet = golden("diffusion-tiny/lcm/unet");
    hub.files().clear();
    for (String name : List.of("config.json", "diffusion_pytorch_model.safetensors")) {
      hub.files().put(name, Files.readAllBytes(unet.resolve(name)));
    }
    hub.files().put("diffusion_pytorch_model.bin", new byte[] {1});
    Path base = TinyModels.createDiffusion(folder.resolve("sdxl"), "sdxl");

    Path found = fixture.fetch();
    assertThat(HubFixture.names(found))
        .containsExactly("config.json", "diffusion_pytorch_model.safetensors");
    try (TextToImage model = PipelineLoader.of(base).unet(found).load()) {
      GenerationRequest request = GenerationRequest.builder("a").build();
      assertThat(model.recipe(request).scheduler().sampler()).isEqualTo("LCM");
    }
  }

  @Test
  void weightsThatComeFromElsewhereAreNotFetched() {
    Map<String, byte[]> wanted = new TreeMap<>(hub.files());
    wanted.remove(WEIGHTS);
    Path found = fixture.fetch(WantedWeights.elsewhere(Set.of("transformer")));
    assertHolds(found, wanted);
    assertThatThrownBy(() -> fixture.fetchOffline())
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("1 missing: transformer/*.safetensors");

    assertHolds(fixture.fetch(), hub.files());
  }

  @Test
  void ofAWholeModelOneComponentIsFetchedAlone() {
    Map<String, byte[]> wanted = new TreeMap<>(hub.files());
    wanted.keySet().removeIf(name -> !name.startsWith("vae/") && !name.equals("model_index.json"));
    hub.files().keySet().removeIf(name -> name.startsWith("tokenizer/")); // of no concern
    Path found = fixture.fetch(WantedWeights.only("vae"));
    assertHolds(found, wanted);
    assertThat(ModelParts.OWN.replace("vae", found).replaced())
        .containsExactly(Map.entry("vae", found.resolve("vae")));
    assertThatThrownBy(() -> ModelParts.OWN.replace("unet", found))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("whole model", "'unet'");
  }

  @Test
  void repositoryWithoutWhatIsNeededIsRefusedByName() {
    hub.files().put("transformer/diffusion_pytorch_model.bin", hub.files().remove(WEIGHTS));
    assertThatThrownBy(() -> fixture.fetch())
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("transformer/*.safetensors (there is a pickle");

    hub.files().keySet().removeIf(name -> name.contains("/") || name.equals("model_index.json"));
    hub.files().put("sd.safetensors", new byte[] {1});
    assertThatThrownBy(() -> fixture.fetch())
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("wanted a model_index.json, found sd.safetensors");
  }

  @Test
  void whereThereAreNoSymbolicLinksSnapshotsHoldFiles() {
    HubSettings with = fixture.settings;
    fixture.settings =
        new HubSettings(with.cache(), with.endpoint(), with.token(), false, false, true);
    Path found = fixture.fetch();

    assertHolds(found, hub.files());
    assertThat(found.resolve(WEIGHTS)).isRegularFile();
    assertThat(Files.isSymbolicLink(found.resolve(WEIGHTS))).isFalse();
  }

  @Test
  void whatLooksLikeAPathIsOne() throws IOException {
    for (String path : List.of("./lssgen/tiny", "../tiny", "/tiny", "tiny", "a/b/c", "a/b.ckpt")) {
      assertThat(fixture.fetch(path)).isEqualTo(Path.of(path));
    }
    Path there = folder.resolve("org/name");
    Files.createDirectories(there);
    assertThat(fixture.fetch(there.toString())).isEqualTo(there);
    // Tests run in the module's folder, in which src/test exists.
    assertThat(fixture.fetch("src/test")).isEqualTo(Path.of("src/test"));
    assertThat(hub.seen).isEmpty();
  }

  /** Named by what their files have in common, as org/name is. */
  @Test
  void halvesOfAnAutoencoderAreAPath() throws IOException {
    Path place = Files.createDirectories(Path.of("target")).resolve("halves-of-a-test");
    Path encoder = place.resolveSibling(place.getFileName() + "_encoder.safetensors");
    Path decoder = place.resolveSibling(place.getFileName() + "_decoder.safetensors");
    try {
      Files.write(encoder, new byte[0]);
      Files.write(decoder, new byte[0]);
      assertThat(fixture.fetch("target/halves-of-a-test")).isEqualTo(place);
      assertThat(hub.seen).isEmpty();
    } finally {
      Files.deleteIfExists(encoder);
      Files.deleteIfExists(decoder);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "org/na--me",
        "org/na..me",
        "org/name.git",
        "org/name-",
        "org/name@",
        "org/name@../main",
        "org/name@a..b",
        "org/name@-x",
        "org/name@a b",
        "org/name@main/",
        "org/name@a?b=c",
        "org/name@a%2f",
        "org/name@a\nb"
      })
  void namesAreCheckedBeforeTheyAreUsed(String name) {
    assertThatThrownBy(() -> fixture.fetch(name)).isInstanceOf(UsageException.class);
    assertThat(hub.seen).isEmpty();
  }

  @Test
  void modelsInTheCacheAreCalledAsOnTheHub() {
    assertThat(ModelHub.nameOf(fixture.fetch())).isEqualTo("tiny");
    assertThat(ModelHub.nameOf(Path.of("models/mine"))).isEqualTo("mine");
  }
}
