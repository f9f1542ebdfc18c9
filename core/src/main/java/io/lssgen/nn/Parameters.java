package io.lssgen.nn;

import io.lssgen.tensor.Tensor;

/**
 * A cursor into a tree of named parameters. Layers take the parameters they need by their published
 * names; a wrong shape or a missing name fails with the whole path.
 *
 * @param source where the tensors come from
 * @param path the dotted path of this cursor, empty at the root
 */
public record Parameters(ParameterSource source, String path) {
  /** The root of {@code source}. */
  public static Parameters of(ParameterSource source) {
    return new Parameters(source, "");
  }

  /** The cursor one level down. */
  public Parameters child(String name) {
    return new Parameters(source, join(name));
  }

  /** The cursor of element {@code index} of a list, named by its number. */
  public Parameters child(int index) {
    return child(Integer.toString(index));
  }

  /** Whether a parameter {@code name} exists here. */
  public boolean has(String name) {
    return source.has(join(name));
  }

  /** The parameter {@code name}, of exactly this shape; its owner is the source. */
  public Tensor tensor(String name, Init init, long... shape) {
    return source.parameter(join(name), init, shape);
  }

  /** The parameter {@code name} as a matrix, of exactly this shape; its owner is the source. */
  public Weight weight(String name, Init init, long... shape) {
    return source.weight(join(name), init, shape);
  }

  private String join(String name) {
    return path.isEmpty() ? name : path + "." + name;
  }
}
