package io.lssgen.model.mmdit;

import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.nn.RmsNorm;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Projects tokens to queries, keys and values per head. Where queries and keys are normalised, they
 * stay in fp32, since a rotation may come next.
 *
 * <p>Legend: B batch, L tokens, D width, A heads, E width of a head.
 */
public final class QueryKeyValue {
  private static final double EPS = 1e-6;

  private final Linear toQuery;
  private final Linear toKey;
  private final Linear toValue;
  private final @Nullable RmsNorm normQuery;
  private final @Nullable RmsNorm normKey;
  private final int heads;

  /** The parts of one token stream, each [B, L, A, E]; query and key in fp32 once normalised. */
  public record Parts(Tensor query, Tensor key, Tensor value) {
    /** Of this stream's tokens and then of those of another. */
    Parts and(Parts other) {
      return new Parts(
          Tensors.cat(List.of(query, other.query), 1),
          Tensors.cat(List.of(key, other.key), 1),
          Tensors.cat(List.of(value, other.value), 1));
    }
  }

  /** The published names of a stream's parameters. */
  public record Names(String query, String key, String value, String normQuery, String normKey) {
    public static final Names IMAGE = new Names("to_q", "to_k", "to_v", "norm_q", "norm_k");
    public static final Names TEXT =
        new Names("add_q_proj", "add_k_proj", "add_v_proj", "norm_added_q", "norm_added_k");
  }

  public QueryKeyValue(Parameters parameters, Names names, Heads sizes) {
    toQuery = square(parameters.child(names.query), sizes.width());
    toKey = square(parameters.child(names.key), sizes.width());
    toValue = square(parameters.child(names.value), sizes.width());
    normQuery = norm(parameters.child(names.normQuery), sizes);
    normKey = norm(parameters.child(names.normKey), sizes);
    heads = sizes.count();
  }

  private static Linear square(Parameters parameters, int width) {
    return new Linear(parameters, width, width, true, Init.xavier(width, width));
  }

  private static @Nullable RmsNorm norm(Parameters parameters, Heads sizes) {
    return sizes.normalised() ? new RmsNorm(parameters, sizes.each(), EPS) : null;
  }

  /** x [B, L, D]. */
  public Parts forward(Tensor x) {
    return new Parts(
        normalise(normQuery, split(toQuery.forward(x))),
        normalise(normKey, split(toKey.forward(x))),
        split(toValue.forward(x)));
  }

  private static Tensor normalise(@Nullable RmsNorm norm, Tensor x) {
    return norm == null ? x : norm.inFloat(x);
  }

  private Tensor split(Tensor x) {
    return x.reshape(x.size(0), x.size(1), heads, -1); // [B, L, D] -> [B, L, A, E]
  }
}
