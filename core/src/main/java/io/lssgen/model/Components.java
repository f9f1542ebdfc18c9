package io.lssgen.model;

import io.lssgen.nn.Parameters;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ParameterTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Loads the components of one model and collects what they hold. Closed without {@link #finish()},
 * it frees all of it again: a model that fails half-way leaves nothing behind.
 */
public final class Components implements AutoCloseable {
  private final ModelIndex index;
  private final LoadOptions options;
  private final List<ImageModel.Resource> resources = new ArrayList<>();
  private final Map<String, ParameterTree> parameters = new LinkedHashMap<>();

  public Components(ModelIndex index, LoadOptions options) {
    this.index = index;
    this.options = options;
  }

  /**
   * Loads a component's weights, which must be exactly those it asks for.
   *
   * @param name the component's, as diffusers calls it
   * @param names the table from diffusers' names to the component's
   * @param make makes the component; called twice, first to learn what it asks for
   */
  public <T> T load(String name, Function<Checkpoint, KeyMap> names, Function<Parameters, T> make) {
    Consumer<Parameters> dryRun = parameters -> free(make.apply(parameters));
    try (Checkpoint weights = index.weights(name)) {
      ParameterTree tree =
          ParameterTree.load(
              weights,
              names.apply(weights),
              options.weights().kept(options.types().of(name)),
              dryRun);
      resources.add(tree::close);
      parameters.put(name, tree);
      T component = make.apply(Parameters.of(tree));
      resources.add(0, () -> free(component)); // what a component caches goes before its weights
      return component;
    }
  }

  /** As {@link #load(String, Function, Function)} with diffusers' names. */
  public <T> T load(String name, Function<Parameters, T> make) {
    return load(name, weights -> KeyMap.identity(), make);
  }

  private static void free(Object component) {
    if (component instanceof ImageModel.Resource resource) {
      resource.close();
    }
  }

  /** All that was loaded; it is the caller's from now on. */
  public LoadedComponents finish() {
    LoadedComponents all = new LoadedComponents(parameters, resources);
    resources.clear();
    return all;
  }

  @Override
  public void close() {
    resources.forEach(ImageModel.Resource::close);
    resources.clear();
  }
}
