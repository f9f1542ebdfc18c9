package io.lssgen.hub;

import static io.lssgen.hub.HubFixture.assertHolds;
import static io.lssgen.hub.HubFixture.golden;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** One cache for huggingface_hub and for us: what it leaves is what we leave, and is read. */
@DisabledOnOs(OS.WINDOWS) // whose users mostly may not make symbolic links
class HubLayoutTest {
  private static final String CHANGED = "2".repeat(40);
  private static final String BRANCH = FakeHub.ID + "@refs/pr/1";

  @TempDir Path folder;
  private HubFixture fixture;
  private Path cache;
  private List<String> layout;
  private Map<String, byte[]> changed;

  @BeforeEach
  void start() throws IOException {
    String kept = System.getProperty("lssgen.hub.keep");
    cache = kept == null ? folder.resolve("cache") : Path.of(kept);
    fixture = new HubFixture(cache);
    layout = Files.readAllLines(golden("hub/layout.txt"));
    changed = new TreeMap<>(fixture.hub.files());
    changed.computeIfPresent(
        "scheduler/scheduler_config.json",
        (name, content) -> {
          byte[] longer = Arrays.copyOf(content, content.length + 1);
          longer[content.length] = '\n';
          return longer;
        });
    fixture.hub.commits.put(CHANGED, changed);
    fixture.hub.revisions.put("refs/pr/1", CHANGED);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @Test
  void leavesWhatHuggingFaceLeaves() {
    fixture.fetch();
    fixture.fetch(BRANCH);

    // trees/ is its memory of lists of files, which it can do without and we do not keep.
    assertThat(HubFixture.names(cache).stream().map(this::line).toList())
        .containsExactlyInAnyOrderElementsOf(
            layout.stream().filter(line -> !line.contains("/trees/")).toList());
  }

  private String line(String name) {
    Path path = cache.resolve(name);
    try {
      if (Files.isSymbolicLink(path)) {
        return name + " -> " + Files.readSymbolicLink(path);
      }
      if (name.contains("/refs/")) {
        return name + " = " + Files.readString(path);
      }
      return name.contains("/blobs/") ? name + " " + Files.size(path) : name;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void readsWhatHuggingFaceLeft() throws IOException {
    rebuild();
    assertHolds(fixture.fetchOffline(), fixture.hub.files());
    assertHolds(fixture.fetch(BRANCH), changed);
    assertThat(fixture.hub.seen).isEmpty();
    try (TextToImage model = PipelineLoader.of(fixture.fetchOffline()).load()) {
      assertThat(model.family()).isEqualTo("FLUX.1");
    }
  }

  @Test
  void completesWhatHuggingFaceHasLeftHalfDownloaded() throws IOException {
    rebuild();
    Path snapshot = fixture.fetchOffline();
    Files.delete(fixture.repository().blob(fixture.file(HubFixture.WEIGHTS)));
    Files.delete(snapshot.resolve("tokenizer/merges.txt"));
    assertThatThrownBy(() -> fixture.fetchOffline())
        .isExactlyInstanceOf(ModelException.class)
        .hasMessageContaining("half downloaded")
        .hasMessageContaining("2 missing: tokenizer/vocab.json with merges.txt")
        .hasMessageContaining("transformer/*.safetensors");

    assertHolds(fixture.fetch(), fixture.hub.files());
    assertThat(fixture.hub.seen.stream().filter(FakeHub.Seen::atStorage)).hasSize(1);
  }

  /** Makes the cache that the golden file describes. */
  private void rebuild() throws IOException {
    Map<String, byte[]> contents = new TreeMap<>();
    for (Map<String, byte[]> commit : List.of(fixture.hub.files(), changed)) {
      commit.forEach((name, content) -> contents.put(FakeHub.etag(name, content), content));
    }
    for (String line : layout) {
      String[] parts = line.split(" ");
      Path path = cache.resolve(parts[0]);
      Files.createDirectories(path.getParent());
      if (line.contains(" -> ")) {
        Files.createSymbolicLink(path, Path.of(parts[2]));
      } else if (line.contains("/blobs/")) {
        Files.write(path, contents.get(path.getFileName().toString()));
      } else {
        Files.writeString(path, parts.length > 2 ? parts[2] : "");
      }
    }
  }
}
