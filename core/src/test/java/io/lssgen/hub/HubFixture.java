package io.lssgen.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A fake hub with the tiny model, an empty cache, and what tests ask of both. */
final class HubFixture implements AutoCloseable {
  static final Retries QUICK = new Retries(3, Duration.ofMillis(1), Duration.ofSeconds(2));
  static final HubName NAME = HubName.parse(FakeHub.ID);
  static final String WEIGHTS = "transformer/diffusion_pytorch_model.safetensors";

  final FakeHub hub;
  HubSettings settings;

  HubFixture(Path cache) {
    this(cache, golden("flux-tiny"));
  }

  /** With the files in {@code model}. */
  HubFixture(Path cache, Path model) {
    hub = new FakeHub(model);
    settings = new HubSettings(cache, hub.endpoint(), Optional.empty(), false, true, true);
  }

  static Path golden(String name) {
    try {
      return Path.of(HubFixture.class.getResource("/golden/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  void token(String value) {
    settings =
        new HubSettings(
            settings.cache(), settings.endpoint(), Optional.of(value), false, true, true);
  }

  ModelHub client() {
    return new ModelHub(settings, QUICK);
  }

  Path fetch() {
    return fetch(FakeHub.ID);
  }

  Path fetch(String name) {
    return client().folder(name);
  }

  Path fetch(WantedWeights wanted) {
    return client().wanting(wanted).folder(FakeHub.ID);
  }

  Path refresh() {
    return client().refreshing().folder(FakeHub.ID);
  }

  Path fetchOffline() {
    return fetchOffline(WantedWeights.ALL);
  }

  Path fetchOffline(WantedWeights wanted) {
    return new ModelHub(settings.offline(true), QUICK).wanting(wanted).folder(FakeHub.ID);
  }

  CachedRepository repository() {
    return new CachedRepository(settings, NAME);
  }

  HubFile file(String path) {
    byte[] content = hub.files().get(path);
    return new HubFile(path, FakeHub.etag(path, content), content.length);
  }

  /** Checks that {@code folder} holds {@code files} and nothing else. */
  static void assertHolds(Path folder, Map<String, byte[]> files) {
    assertThat(names(folder)).isEqualTo(files.keySet());
    files.forEach((name, content) -> assertThat(folder.resolve(name)).hasBinaryContent(content));
  }

  /** All files below a folder, by their paths in it. */
  static Set<String> names(Path folder) {
    if (!Files.isDirectory(folder)) {
      return Set.of();
    }
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths
          .filter(path -> !Files.isDirectory(path))
          .map(path -> folder.relativize(path).toString())
          .collect(Collectors.toCollection(TreeSet::new));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The names of blobs that are not whole. */
  List<String> partials() {
    return names(settings.cache()).stream().filter(n -> n.endsWith(".incomplete")).toList();
  }

  @Override
  public void close() {
    hub.close();
  }
}
