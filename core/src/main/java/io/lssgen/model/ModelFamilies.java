package io.lssgen.model;

import io.lssgen.errors.ModelException;
import io.lssgen.model.flux.FluxFamily;
import io.lssgen.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The families that can be loaded: one line each. */
public final class ModelFamilies {
  /** Every family, in the order in which they are asked. */
  public static final List<ModelFamily> ALL = List.of(new FluxFamily());

  private ModelFamilies() {}

  /**
   * The family of the model that {@code index} describes.
   *
   * @throws ModelException if none knows it
   */
  public static ModelFamily of(ModelIndex index) {
    return ALL.stream()
        .filter(family -> family.detect(index))
        .findFirst()
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

  /**
   * Loads a model, a diffusers folder or a file.
   *
   * @param type the type of weights and computation, fp32 or bf16
   * @throws ModelException if there is no model, its family is not supported, or it is damaged
   */
  public static ImageModel load(Path model, DType type) {
    ModelIndex index = ModelIndex.read(model);
    return of(index).load(index, type);
  }
}
