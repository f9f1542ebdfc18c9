package io.lssgen.train;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The weights of a model folder by the component that a path begins with: {@code transformer.x} is
 * x in the folder {@code transformer}. What was asked for as a parameter is kept in fp32, without
 * gradients, until this is closed.
 */
final class ComponentWeights implements ParameterSource, AutoCloseable {
  private static final String PREFIX = "text_model.";

  private final Path folder;
  private final Map<String, Checkpoint> components = new HashMap<>();
  private final Map<String, Tensor> parameters = new HashMap<>();

  ComponentWeights(Path folder) {
    this.folder = folder;
  }

  /** The model folder. */
  Path folder() {
    return folder;
  }

  /**
   * The tensor at {@code path} in its own type; it belongs to the open {@link TensorScope}.
   *
   * @throws ModelException if there is none or it has another shape
   */
  private Tensor read(String path, long... shape) {
    Tensor found = component(path).tensor(name(path));
    if (!Arrays.equals(found.shape(), shape)) {
      throw new ModelException(
          "%s: %s wants shape %s, found %s; the folder holds a model of another configuration"
              .formatted(folder, path, Arrays.toString(shape), Arrays.toString(found.shape())));
    }
    return found;
  }

  private Checkpoint component(String path) {
    return components.computeIfAbsent(
        path.substring(0, path.indexOf('.')), name -> Checkpoint.open(folder.resolve(name)));
  }

  /** The name in the component's file: transformers 5 writes text encoders without the prefix. */
  private String name(String path) {
    String name = path.substring(path.indexOf('.') + 1);
    boolean bare = name.startsWith(PREFIX) && !component(path).has(name);
    return bare ? name.substring(PREFIX.length()) : name;
  }

  @Override
  public synchronized Tensor parameter(String path, Init init, long... shape) {
    return parameters.computeIfAbsent(
        path,
        key -> {
          try (TensorScope scope = TensorScope.open()) {
            return scope.keep(read(path, shape).to(DType.F32)).release();
          }
        });
  }

  @Override
  public synchronized boolean has(String path) {
    if (!Files.isDirectory(folder.resolve(path.substring(0, path.indexOf('.'))))) {
      return false;
    }
    return component(path).has(name(path));
  }

  @Override
  public void close() {
    parameters.values().forEach(Tensor::close);
    components.values().forEach(Checkpoint::close);
  }
}
