package io.lssgen.model;

/** A kind of models with one architecture: knows its folders and loads them. */
public interface ModelFamily {
  /** The name that people know it by, for instance {@code FLUX.1}. */
  String name();

  /**
   * What people call a model that was {@link #detect detected}, where the family has several, for
   * instance {@code FLUX.1 schnell}; from its configurations.
   *
   * @throws io.lssgen.errors.ModelException if one of these is missing or damaged
   */
  default String variant(ModelIndex index) {
    return name();
  }

  /** Whether the model that {@code index} describes is of this family. */
  boolean detect(ModelIndex index);

  /**
   * Loads a model that was {@link #detect detected}.
   *
   * @throws io.lssgen.errors.ModelException if a component is missing, damaged, or does not go with
   *     the others
   */
  ImageModel load(ModelIndex index, LoadOptions options);
}
