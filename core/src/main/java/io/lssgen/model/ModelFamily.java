package io.lssgen.model;

import io.lssgen.weights.ModelConfig;
import java.util.List;

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
   * The components that it reads of a model that was {@link #detect detected}, in the order in
   * which missing ones are told. Whatever else an index names, as the safety checker of Stable
   * Diffusion, need not be there.
   */
  List<WantedComponent> components(ModelIndex index);

  /**
   * Checks that {@link #components} are there.
   *
   * @throws io.lssgen.errors.ModelException if one is missing or of another class
   */
  default void requireComponents(ModelIndex index) {
    components(index).forEach(wanted -> wanted.require(index));
  }

  /**
   * The settings of the scheduler that the model is meant to be used with.
   *
   * @throws io.lssgen.errors.ModelException if they are missing or damaged
   */
  default ModelConfig scheduler(ModelIndex index) {
    return index.config("scheduler");
  }

  /**
   * Loads a model that was {@link #detect detected} and {@link #requireComponents has its
   * components}. Configurations and tokenizers are read, and found to belong together, before any
   * weights are.
   *
   * @throws io.lssgen.errors.ModelException if a component is missing, damaged, or does not go with
   *     the others
   */
  ImageModel load(ModelIndex index, LoadOptions options);
}
