package io.lssgen.model;

import java.util.List;

/**
 * A component that a family reads.
 *
 * @param name as diffusers calls it
 * @param classes that it may be of; empty: any
 */
public record WantedComponent(String name, List<String> classes) {
  public WantedComponent {
    classes = List.copyOf(classes);
  }

  /** One of these classes, or of any if none is given. */
  public static WantedComponent of(String name, String... classes) {
    return new WantedComponent(name, List.of(classes));
  }

  /**
   * Checks that the model's index names it, whether it is on disk or not.
   *
   * @throws io.lssgen.errors.ModelException if it does not
   */
  public void requireNamed(ModelIndex index) {
    index.requireNamed(name, classes);
  }

  /**
   * Checks that the model has it.
   *
   * @return its class
   * @throws io.lssgen.errors.ModelException if it is missing, in the index or on disk, or of
   *     another class
   */
  public String require(ModelIndex index) {
    return index.requireClass(name, classes.toArray(String[]::new));
  }
}
