package io.lssgen.model;

import io.lssgen.weights.ParameterTree;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@link Components} loaded, and its owner.
 *
 * @param parameters those of each component by its name ({@code transformer}, {@code text_encoder},
 *     …), for whoever changes a loaded model's weights
 * @param resources freed by {@link #close()}, in this order
 */
public record LoadedComponents(
    Map<String, ParameterTree> parameters, List<ImageModel.Resource> resources)
    implements ImageModel.Resource {

  public LoadedComponents {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    resources = List.copyOf(resources);
  }

  @Override
  public void close() {
    resources.forEach(ImageModel.Resource::close);
  }
}
