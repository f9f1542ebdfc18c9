package io.lssgen.model.mmdit;

import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One of a block's two streams of tokens: what stands before and behind the attention that both
 * meet in.
 *
 * <p>Legend: B batch, L tokens of the stream, D width.
 */
final class TokenStream {
  /** Tensors of its modulation: shift, scale and gate of the attention and of what follows it. */
  static final int PLAIN = 6;

  /** And those of an attention of the image to itself. */
  static final int DUAL = 9;

  /** It is only read: scale and shift, in this order. */
  static final int LAST = 2;

  private final Modulation modulation;
  private final QueryKeyValue parts;
  private final @Nullable Linear out;
  private final @Nullable FeedForward feedForward;

  /** The published names of a stream's parameters. */
  record Names(String norm, QueryKeyValue.Names parts, List<String> out, String feedForward) {
    static final Names IMAGE =
        new Names("norm1", QueryKeyValue.Names.IMAGE, List.of("to_out", "0"), "ff");
    static final Names TEXT =
        new Names("norm1_context", QueryKeyValue.Names.TEXT, List.of("to_add_out"), "ff_context");
  }

  /**
   * @param modulations {@link #PLAIN}, {@link #DUAL} or {@link #LAST}
   */
  TokenStream(Parameters parameters, Names names, Heads heads, int modulations) {
    int width = heads.width();
    Parameters attention = parameters.child("attn");
    modulation = new Modulation(parameters.child(names.norm).child("linear"), width, modulations);
    parts = new QueryKeyValue(attention, names.parts, heads);
    boolean written = modulations != LAST;
    Parameters outAt = attention;
    for (String name : names.out) {
      outAt = outAt.child(name);
    }
    out = written ? new Linear(outAt, width, width, true, Init.xavier(width, width)) : null;
    feedForward = written ? new FeedForward(parameters.child(names.feedForward), width) : null;
  }

  boolean isWritten() {
    return feedForward != null;
  }

  /** The conditioning [B, D], after SiLU, to tensors [B, 1, D]. */
  List<Tensor> modulation(Tensor conditioning) {
    List<Tensor> found = modulation.forward(conditioning);
    return isWritten() ? found : List.of(found.get(1), found.get(0));
  }

  /** Of the stream [B, L, D]. */
  QueryKeyValue.Parts parts(Tensor stream, List<Tensor> modulation) {
    return parts.forward(Modulation.normalise(stream, modulation.get(0), modulation.get(1)));
  }

  /** With what its tokens found in the attention [B, L, D], gated. */
  Tensor attended(Tensor stream, Tensor mixed, List<Tensor> modulation) {
    return stream.addcmul(modulation.get(2), written(out).forward(mixed));
  }

  /** With the feed-forward part, gated. */
  Tensor fed(Tensor stream, List<Tensor> modulation) {
    Tensor normalised = Modulation.normalise(stream, modulation.get(3), modulation.get(4));
    return stream.addcmul(modulation.get(5), written(feedForward).forward(normalised));
  }

  private static <T> T written(@Nullable T layer) {
    if (layer == null) {
      throw new IllegalStateException("this stream is only read");
    }
    return layer;
  }
}
