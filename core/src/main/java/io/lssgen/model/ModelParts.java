package io.lssgen.model;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * What a model's parts shall be where the model itself does not say, or says otherwise.
 *
 * @param replaced components that come from elsewhere, by diffusers' name ({@code vae}, {@code
 *     text_encoder}, {@code text_encoder_2}) or {@link #T5}: a folder with its {@code config.json},
 *     or a file in diffusers' or the original names, which is read with the configuration of the
 *     model's own
 * @param folder of a diffusers model that has what a model of one file lacks, and tells its
 *     configuration; empty: the file's own folder if it is such a model's
 * @param variant of the weights in folders, for instance {@code fp16}; empty: those without a
 *     variant's name, or the only ones there are
 * @param withoutT5 whether T5 is left out of a model that has it
 */
public record ModelParts(
    Map<String, Path> replaced,
    Optional<Path> folder,
    Optional<String> variant,
    boolean withoutT5) {
  /**
   * Stands for the component that is T5's encoder: {@code text_encoder_2} in FLUX.1, {@code
   * text_encoder_3} in Stable Diffusion 3.
   */
  public static final String T5 = "t5xxl";

  static final String T5_CLASS = "T5EncoderModel";

  /** As the model says. */
  public static final ModelParts OWN =
      new ModelParts(Map.of(), Optional.empty(), Optional.empty(), false);

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
    return new ModelParts(all, folder, variant, withoutT5);
  }

  /**
   * What a component is called in a model.
   *
   * @param component may be {@link #T5}
   * @param classes each of the model's components' by its name
   */
  public static String nameOf(String component, Map<String, String> classes) {
    return component.equals(T5)
        ? classes.keySet().stream()
            .filter(name -> T5_CLASS.equals(classes.get(name)))
            .findFirst()
            .orElse(component)
        : component;
  }

  /**
   * With the components' own names in a model.
   *
   * @throws UsageException if the model has no such component to be replaced, or one is named twice
   */
  ModelParts in(Map<String, String> classes) {
    Map<String, Path> named = new HashMap<>();
    replaced.forEach(
        (component, place) -> {
          String name = nameOf(component, classes);
          if (withoutT5 && name.equals(nameOf(T5, classes))) {
            throw new UsageException(
                "the component '%s' is left out and named as well; do one".formatted(name));
          }
          if (!classes.containsKey(name)) {
            throw new UsageException(
                "the model has no component '%s' to be replaced, only %s"
                    .formatted(name, String.join(", ", new TreeSet<>(classes.keySet()))));
          }
          if (named.put(name, place) != null) {
            throw new UsageException(
                "the component '%s' is named twice, also as '%s'; name it once"
                    .formatted(name, component.equals(name) ? T5 : component));
          }
        });
    return new ModelParts(named, folder, variant, withoutT5);
  }

  private static Path in(Path model, String component) {
    Path place = model.resolve(nameOf(component, ModelIndex.read(model).components()));
    if (!Files.isDirectory(place)) {
      throw new ModelException(
          "%s is a whole model, wanted its component '%s', found no folder of that name"
              .formatted(model, component));
    }
    return place;
  }

  /** With a folder for what the model lacks. */
  public ModelParts folder(Path value) {
    return new ModelParts(replaced, Optional.of(value), variant, withoutT5);
  }

  /** Without T5, as Stable Diffusion 3 can do: its words are neither read nor fetched. */
  public ModelParts leavingOutT5() {
    return new ModelParts(replaced, folder, variant, true);
  }

  /**
   * Takes away what is left out.
   *
   * @param components by name
   * @param classes each of the model's components' by its name
   */
  void leaveOut(Map<String, ?> components, Map<String, String> classes) {
    if (withoutT5) {
      String encoder = nameOf(T5, classes);
      components.remove(encoder);
      components.remove(encoder.replace("text_encoder", "tokenizer"));
    }
  }

  /** With a variant of the weights. */
  public ModelParts variant(String value) {
    return new ModelParts(replaced, folder, Optional.of(value), withoutT5);
  }
}
