package io.lssgen.pipeline;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.ModelException;
import io.lssgen.scaling.LatentSpace;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The models that come with the library, as folders. On the class path as a folder they are used
 * where they are; from a jar they are unpacked once, since weights are mapped into memory from
 * files.
 */
public final class EmbeddedModel {
  /** The default model: scenes made of emoji. */
  public static final String DEFAULT = "emoji-flux";

  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]*");
  private static final String ROOT = "io/lssgen/models/";
  private static final String INDEX = "/model_index.json";
  private static final String DETECTOR = "scene-detector";
  private static final String UPSAMPLERS = "upsamplers/";
  private static final String COMPONENT_CONFIG = "/config.json";

  private EmbeddedModel() {}

  /**
   * The default model's folder, in the diffusers layout.
   *
   * @throws ModelException if this build has none
   */
  public static Path folder() {
    return folder(DEFAULT);
  }

  /**
   * The folder of a model that comes along, by its name; empty if none is called so, or if there is
   * a file or folder of that name, which then is meant.
   *
   * @param name for instance {@code emoji-flux}
   */
  public static Optional<Path> named(String name) {
    return NAME.matcher(name).matches() && Files.notExists(Path.of(name))
        ? Optional.ofNullable(resource(name, INDEX)).map(found -> folder(name, found))
        : Optional.empty();
  }

  /** Whether this build has the default model. */
  public static boolean isPresent() {
    return resource(DEFAULT, INDEX) != null;
  }

  /**
   * The folder of the detector that scores pictures of emoji scenes.
   *
   * @throws ModelException if this build has none
   */
  public static Path detector() {
    return folder(
        DETECTOR,
        COMPONENT_CONFIG,
        "the scene detector is not part of this build",
        "name a trained detector's folder with --detector");
  }

  /** The folder of the upsampler for latents of {@code space}; empty if this build has none. */
  public static Optional<Path> upsampler(LatentSpace space) {
    String name = UPSAMPLERS + space.label();
    return Optional.ofNullable(resource(name, COMPONENT_CONFIG)).map(found -> folder(name, found));
  }

  static Path folder(String name) {
    return folder(
        name,
        INDEX,
        "the default model is not part of this build",
        "name a model folder (diffusers layout) with --model");
  }

  private static Path folder(String name, String index, String problem, String advice) {
    URL found = resource(name, index);
    if (found == null) {
      throw new ModelException(
          "%s: wanted %s%s%s on the class path, found none; %s, or use a build with the module"
                  .formatted(problem, ROOT, name, index, advice)
              + " lssgen-models");
    }
    return folder(name, found);
  }

  private static Path folder(String name, URL found) {
    try {
      if (found.getProtocol().equals("file")) {
        return Path.of(found.toURI()).resolveSibling("");
      }
      return unpacked(name, (JarURLConnection) found.openConnection(), cache());
    } catch (IOException | URISyntaxException e) {
      throw new LssGenException("the model %s could not be unpacked: %s".formatted(name, e), e);
    }
  }

  private static @Nullable URL resource(String name, String index) {
    return EmbeddedModel.class.getClassLoader().getResource(ROOT + name + index);
  }

  private static Path cache() {
    return Path.of(System.getProperty("user.home"), ".cache", "lssgen", "models");
  }

  /** The model in {@code cache}, copied there unless it is; its check sums are in its name. */
  static Path unpacked(String name, JarURLConnection connection, Path cache) throws IOException {
    connection.setUseCaches(false); // else the jar stays open, and locked on Windows
    String prefix = ROOT + name + "/";
    try (JarFile jar = connection.getJarFile()) {
      List<JarEntry> entries =
          jar.stream()
              .filter(entry -> !entry.isDirectory() && entry.getName().startsWith(prefix))
              .sorted(Comparator.comparing(JarEntry::getName))
              .toList();
      String label = name.replace('/', '-');
      Path target = cache.resolve(label + "-" + fingerprint(entries));
      if (Files.isDirectory(target)) {
        return target;
      }
      Files.createDirectories(cache);
      Path temporary = Files.createTempDirectory(cache, label + ".part");
      try {
        for (JarEntry entry : entries) {
          copy(jar, entry, temporary.resolve(entry.getName().substring(prefix.length())));
        }
        moveUnlessThere(temporary, target);
      } finally {
        remove(temporary);
      }
      return target;
    }
  }

  private static void copy(JarFile jar, JarEntry entry, Path file) throws IOException {
    Files.createDirectories(file.resolveSibling(""));
    try (InputStream in = jar.getInputStream(entry)) {
      Files.copy(in, file);
    }
  }

  /** Another process may have unpacked the same in the meantime: then its copy is as good. */
  private static void moveUnlessThere(Path temporary, Path target) throws IOException {
    try {
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      if (!Files.isDirectory(target)) {
        throw e;
      }
    }
  }

  private static String fingerprint(List<JarEntry> entries) {
    CRC32 sum = new CRC32();
    for (JarEntry entry : entries) {
      sum.update(
          "%s %d %d\n"
              .formatted(entry.getName(), entry.getSize(), entry.getCrc())
              .getBytes(java.nio.charset.StandardCharsets.UTF_8));
    }
    return "%08x".formatted(sum.getValue());
  }

  private static void remove(Path folder) throws IOException {
    if (Files.notExists(folder)) {
      return;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
