package io.lssgen.model.flux;

import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.nn.RmsNorm;
import io.lssgen.tensor.Tensor;

/**
 * Projects tokens to queries, keys and values per head; queries and keys are normalised and stay in
 * fp32, since the rotation comes next.
 *
 * <p>Legend: B batch, L tokens, D width, A heads, E width of a head.
 */
final class QueryKeyValue {
  private static final double EPS = 1e-6;

  private final Linear toQuery;
  private final Linear toKey;
  private final Linear toValue;
  private final RmsNorm normQuery;
  private final RmsNorm normKey;
  private final int heads;

  /** The parts of one token stream, each [B, L, A, E]; query and key in fp32. */
  record Parts(Tensor query, Tensor key, Tensor value) {}

  /** The published names of a stream's parameters. */
  record Names(String query, String key, String value, String normQuery, String normKey) {
    static final Names IMAGE = new Names("to_q", "to_k", "to_v", "norm_q", "norm_k");
    static final Names TEXT =
        new Names("add_q_proj", "add_k_proj", "add_v_proj", "norm_added_q", "norm_added_k");
  }

  QueryKeyValue(Parameters parameters, Names names, FluxConfig config) {
    toQuery = square(parameters.child(names.query), config);
    toKey = square(parameters.child(names.key), config);
    toValue = square(parameters.child(names.value), config);
    normQuery = new RmsNorm(parameters.child(names.normQuery), config.headWidth(), EPS);
    normKey = new RmsNorm(parameters.child(names.normKey), config.headWidth(), EPS);
    heads = config.heads();
  }

  private static Linear square(Parameters parameters, FluxConfig config) {
    int width = config.width();
    return new Linear(parameters, width, width, true, Init.xavier(width, width));
  }

  /** x [B, L, D]. */
  Parts forward(Tensor x) {
    return new Parts(
        normQuery.inFloat(split(toQuery.forward(x))),
        normKey.inFloat(split(toKey.forward(x))),
        split(toValue.forward(x)));
  }

  private Tensor split(Tensor x) {
    return x.reshape(x.size(0), x.size(1), heads, -1); // [B, L, D] -> [B, L, A, E]
  }
}
