package io.lssgen.model;

import io.lssgen.errors.ModelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a model's parts shall be where the model itself does not say, or says otherwise.
 *
 * @param replaced components that come from elsewhere, by diffusers' name ({@code vae}, {@code
 *     text_encoder}, {@code text_encoder_2}): a folder with its {@code config.json}, or a file in
 *     diffusers' or the original names, which is read with the configuration of the model's own
 * @param folder of a diffusers model that has what a model of one file lacks, and tells its
 *     configuration; empty: the file's own folder if it is such a model's
 * @param variant of the weights in folders, for instance {@code fp16}; empty: those without a
 *     variant's name, or the only ones there are
 */
public record ModelParts(
    Map<String, Path> replaced, Optional<Path> folder, Optional<String> variant) {
  /** As the model says. */
  public static final ModelParts OWN = new ModelParts(Map.of(), Optional.empty(), Optional.empty());

  public ModelParts {
    replaced = Map.copyOf(replaced);
  }

  /**
   * With a component from elsewhere.
   *
   * @param place a folder or a file, or the folder of a whole model, whose component of that name
   *     is taken
   * @throws ModelException if it is a whole model without that component
   */
  public ModelParts replace(String component, Path place) {
    Map<String, Path> all = new HashMap<>(replaced);
    all.put(component, Files.exists(place.resolve(ModelIndex.FILE)) ? in(place, component) : place);
    return new ModelParts(all, folder, variant);
  }

  private static Path in(Path model, String component) {
    Path place = model.resolve(component);
    if (!Files.isDirectory(place)) {
      throw new ModelException(
          "%s is a whole model, wanted its component '%s', found no folder of that name"
              .formatted(model, component));
    }
    return place;
  }

  /** With a folder for what the model lacks. */
  public ModelParts folder(Path value) {
    return new ModelParts(replaced, Optional.of(value), variant);
  }

  /** With a variant of the weights. */
  public ModelParts variant(String value) {
    return new ModelParts(replaced, folder, Optional.of(value));
  }
}
