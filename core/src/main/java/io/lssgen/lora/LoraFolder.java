package io.lssgen.lora;

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
 * A folder of LoRA files that prompts know by their names. Names are looked up among what is there
 * and never made part of a path: a prompt may come from anyone.
 *
 * @param folder holds the files; folders in it do not count
 */
public record LoraFolder(Path folder) {
  private static final String ENDING = ".safetensors";
  private static final int LISTED = 20;

  /**
   * The file of a LoRA.
   *
   * @param name the file's name, with or without {@code .safetensors}
   * @throws UsageException if there is none; it lists those that are there
   */
  public Path file(String name) {
    Map<String, Path> files = files();
    Path file = files.get(name.endsWith(ENDING) ? name : name + ENDING);
    if (file == null) {
      throw new UsageException(
          "there is no LoRA '%s' in the folder of LoRAs; found %s".formatted(name, list(files)));
    }
    return file;
  }

  /**
   * What there is, in alphabetical order, without {@code .safetensors}.
   *
   * @throws UsageException if the folder is missing or cannot be read
   */
  public List<String> names() {
    return files().values().stream().map(LoraFolder::stem).sorted().toList();
  }

  private Map<String, Path> files() {
    if (!Files.isDirectory(folder)) {
      throw new UsageException(
          "the folder of LoRAs %s is not there; give one with --lora-dir".formatted(folder));
    }
    Map<String, Path> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(folder)) {
      all.filter(file -> file.getFileName().toString().endsWith(ENDING))
          .forEach(file -> files.put(file.getFileName().toString(), file));
    } catch (IOException e) {
      throw new UsageException("cannot list the folder of LoRAs " + folder + ": " + IoReason.of(e));
    }
    return files;
  }

  private static String list(Map<String, Path> files) {
    if (files.isEmpty()) {
      return "no file *" + ENDING;
    }
    return files.values().stream()
            .limit(LISTED)
            .map(LoraFolder::stem)
            .collect(Collectors.joining(", "))
        + (files.size() > LISTED ? " and %d more".formatted(files.size() - LISTED) : "");
  }

  /** The file's name without its ending. */
  static String stem(Path file) {
    return withoutEnding(file.getFileName().toString());
  }

  /** A LoRA's name, which may have been given with {@code .safetensors}. */
  public static String withoutEnding(String name) {
    return name.endsWith(ENDING) ? name.substring(0, name.length() - ENDING.length()) : name;
  }
}
