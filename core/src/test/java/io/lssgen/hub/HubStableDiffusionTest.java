package io.lssgen.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.pipeline.TinyModels;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Stable Diffusion 1.5 as it is published: with a safety checker, which nobody here reads. */
class HubStableDiffusionTest {
  @TempDir Path folder;
  private HubFixture fixture;
  private Map<String, byte[]> read;

  @BeforeEach
  void start() {
    Path model = TinyModels.createDiffusion(folder.resolve("model"), "sd");
    fixture = new HubFixture(folder.resolve("cache"), model);
    Map<String, byte[]> files = fixture.hub.files();
    files.put("model_index.json", PublishedModels.STABLE_DIFFUSION.index.getBytes());
    read = new TreeMap<>(files);
    files.put("feature_extractor/preprocessor_config.json", "{}".getBytes());
    files.put("safety_checker/config.json", "{}".getBytes());
    files.put("safety_checker/pytorch_model.bin", new byte[] {1});
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void checkerIsNeitherFetchedNorMissed() {
    Path found = fixture.fetch();

    HubFixture.assertHolds(found, read);
    assertThat(fixture.fetchOffline()).isEqualTo(found);
    try (TextToImage model = PipelineLoader.of(found).load()) {
      assertThat(model.family()).isEqualTo("Stable Diffusion");
    }
  }

  @Test
  void checkerThatAnotherProgramLeftHalfDownloadedIsNoMatter() {
    Path found = fixture.fetch();
    assertThat(found.resolve("safety_checker").toFile().mkdir()).isTrue();
    int requests = fixture.hub.seen.size();

    assertThat(fixture.fetch()).isEqualTo(found);
    assertThat(fixture.hub.seen).hasSize(requests);
  }
}
