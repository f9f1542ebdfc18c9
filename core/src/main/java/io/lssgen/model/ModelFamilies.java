package io.lssgen.model;

import io.lssgen.errors.ModelException;
import io.lssgen.model.flux.FluxFamily;
import io.lssgen.model.sd.StableDiffusionFamily;
import io.lssgen.model.sd.StableDiffusionXlFamily;
import io.lssgen.model.sd3.Sd3Family;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The families that can be loaded: one line each. */
public final class ModelFamilies {
  /** Every family, in the order in which they are asked. */
  public static final List<ModelFamily> ALL =
      List.of(
          new FluxFamily(),
          new StableDiffusionFamily(),
          new StableDiffusionXlFamily(),
          new Sd3Family());

  private ModelFamilies() {}

  /**
   * The family of the model that {@code index} describes.
   *
   * @throws ModelException if none knows it
   */
  public static ModelFamily of(ModelIndex index) {
    return find(index)
        .orElseThrow(
            () ->
                new ModelException(
                    "%s is a model for %s, whose family is not supported; known families: %s"
                        .formatted(
                            index.origin(),
                            index.pipeline(),
                            ALL.stream()
                                .map(ModelFamily::name)
                                .collect(Collectors.joining(", ")))));
  }

  /** The family of the model that {@code index} describes; empty if none knows it. */
  public static Optional<ModelFamily> find(ModelIndex index) {
    return ALL.stream().filter(family -> family.detect(index)).findFirst();
  }

  /**
   * Loads a model, a diffusers folder or a file.
   *
   * @throws ModelException if there is no model, its family is not supported, or it is damaged
   */
  public static ImageModel load(Path model, LoadOptions options) {
    ModelIndex index = ModelIndex.read(model);
    ModelFamily family = of(index);
    family.requireComponents(index);
    return family.load(index, options);
  }
}
