package io.lssgen.lora;

import io.lssgen.errors.UsageException;
import io.lssgen.files.NamedWeights;
import java.nio.file.Path;
import java.util.List;

/**
 * A folder of LoRA files that prompts know by their names.
 *
 * @param folder holds the files; folders in it do not count
 */
public record LoraFolder(Path folder) {
  private NamedWeights files() {
    return new NamedWeights(folder, "LoRA", "--lora-dir", false);
  }

  /**
   * The file of a LoRA.
   *
   * @param name the file's name, with or without {@code .safetensors}
   * @throws UsageException if there is none; it lists those that are there
   */
  public Path file(String name) {
    return files().file(name);
  }

  /**
   * What there is, in alphabetical order, without {@code .safetensors}.
   *
   * @throws UsageException if the folder is missing or cannot be read
   */
  public List<String> names() {
    return files().names();
  }

  /** The file's name without its ending. */
  static String stem(Path file) {
    return withoutEnding(file.getFileName().toString());
  }

  /** A LoRA's name, which may have been given with {@code .safetensors}. */
  public static String withoutEnding(String name) {
    return NamedWeights.withoutEnding(name);
  }
}
