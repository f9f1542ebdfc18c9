package io.lssgen.model;

/** A kind of models with one architecture: knows its folders and loads them. */
public interface ModelFamily {
  /** The name that people know it by, for instance {@code FLUX.1}. */
  String name();

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
