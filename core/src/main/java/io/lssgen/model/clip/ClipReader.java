package io.lssgen.model.clip;

import io.lssgen.model.Conditioning;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.text.PromptChunk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A CLIP text encoder with its tokenizer.
 *
 * <p>Legend: B prompts, n chunks, L tokens of a chunk, D width, P projection width.
 *
 * @param type the type to compute in
 */
public record ClipReader(ClipTokenizer tokenizer, ClipTextModel model, DType type) {

  /** Tokens of a chunk, marks included. */
  int length() {
    return model.config().maxLength();
  }

  /**
   * @param prompts all of the same number n of chunks
   * @param clipSkip see {@link ClipTextModel.Output#fromEnd}
   * @param kind of states
   * @return states [B, n·L, D], and the pooled state of the first chunks [B, P], see {@link
   *     ClipPrompts.States}
   */
  Conditioning read(List<List<PromptChunk>> prompts, int clipSkip, ClipPrompts.States kind) {
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> states = new ArrayList<>(); // of each chunk: [B, L, D]
      Tensor pooled = null;
      for (int at = 0; at < prompts.get(0).size(); at++) {
        Conditioning chunk = readChunk(chunks(prompts, at), clipSkip, kind);
        states.add(chunk.states());
        pooled = at == 0 ? chunk.pooled() : pooled;
      }
      Tensor all = states.size() == 1 ? states.get(0) : Tensors.cat(states, 1); // [B, n·L, D]
      return kept(scope, all, pooled);
    }
  }

  /** One chunk of each prompt; hidden states of other layers are freed on the way. */
  private Conditioning readChunk(List<PromptChunk> chunks, int clipSkip, ClipPrompts.States kind) {
    try (TensorScope scope = TensorScope.open()) {
      ClipTextModel.Output output = model.forward(ids(chunks), type);
      Tensor states = output.fromEnd(clipSkip); // [B, L, D]
      if (kind.isNormalised()) {
        states = clipSkip == 1 ? output.lastHiddenState() : model.normalise(states);
      }
      return kept(scope, Emphasis.apply(states, chunks), kind.pooled(output));
    }
  }

  private static Conditioning kept(TensorScope scope, Tensor states, @Nullable Tensor pooled) {
    return new Conditioning(scope.keep(states), pooled == null ? null : scope.keep(pooled));
  }

  private static List<PromptChunk> chunks(List<List<PromptChunk>> prompts, int at) {
    return prompts.stream().map(chunks -> chunks.get(at)).toList();
  }

  /** [B, L] int64. */
  private Tensor ids(List<PromptChunk> chunks) {
    long[] ids = chunks.stream().flatMapToLong(chunk -> Arrays.stream(chunk.ids())).toArray();
    return Tensors.of(ids, chunks.size(), length());
  }
}
