package io.lssgen.files;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder of networks that requests know by their names. Names are looked up among what is there
 * and never made part of a path: a request may come from anyone.
 *
 * @param folder holds {@code *.safetensors}
 * @param what people call one of them
 * @param option names the folder
 * @param withFolders whether folders with a {@code config.json} count, too
 */
public record NamedWeights(Path folder, String what, String option, boolean withFolders) {
  private static final String ENDING = ".safetensors";
  private static final String CONFIG = "config.json";
  private static final int LISTED = 20;

  /**
   * What a name means.
   *
   * @param name with or without {@code .safetensors}
   * @throws UsageException if there is nothing of this name; it lists what there is
   */
  public Path file(String name) {
    Map<String, Path> all = all();
    Path file = all.get(withoutEnding(name));
    if (file == null) {
      throw new UsageException(
          "there is no %s '%s' in the folder of %ss; found %s"
              .formatted(what, name, what, list(all)));
    }
    return file;
  }

  /**
   * What there is, in alphabetical order, without {@code .safetensors}.
   *
   * @throws UsageException if the folder is missing or cannot be read
   */
  public List<String> names() {
    return List.copyOf(all().keySet());
  }

  private Map<String, Path> all() {
    if (!Files.isDirectory(folder)) {
      throw new UsageException(
          "the folder of %ss %s is not there; give one with %s".formatted(what, folder, option));
    }
    Map<String, Path> all = new TreeMap<>();
    try (Stream<Path> listed = Files.list(folder)) {
      listed.filter(this::counts).forEach(each -> all.put(withoutEnding(nameOf(each)), each));
    } catch (IOException e) {
      throw new UsageException(
          "cannot list the folder of %ss %s: %s".formatted(what, folder, IoReason.of(e)));
    }
    return all;
  }

  private boolean counts(Path each) {
    return nameOf(each).endsWith(ENDING)
        || (withFolders && Files.isRegularFile(each.resolve(CONFIG)));
  }

  private String list(Map<String, Path> all) {
    if (all.isEmpty()) {
      return "no file *" + ENDING;
    }
    return all.keySet().stream().limit(LISTED).collect(Collectors.joining(", "))
        + (all.size() > LISTED ? " and %d more".formatted(all.size() - LISTED) : "");
  }

  private static String nameOf(Path file) {
    return file.getFileName().toString();
  }

  /** A name, which may have been given with {@code .safetensors}. */
  public static String withoutEnding(String name) {
    return name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
  }
}
