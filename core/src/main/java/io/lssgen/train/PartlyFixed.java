package io.lssgen.train;

import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.tensor.Tensor;
import java.util.List;

/**
 * Parameters of a model of which only a part is trained.
 *
 * @param trained has the parameters whose paths begin with one of {@code prefixes}
 * @param fixed has all others
 */
record PartlyFixed(ParameterSource trained, ParameterSource fixed, List<String> prefixes)
    implements ParameterSource {

  private ParameterSource source(String path) {
    return prefixes.stream().anyMatch(path::startsWith) ? trained : fixed;
  }

  @Override
  public Tensor parameter(String path, Init init, long... shape) {
    return source(path).parameter(path, init, shape);
  }

  @Override
  public boolean has(String path) {
    return source(path).has(path);
  }
}
