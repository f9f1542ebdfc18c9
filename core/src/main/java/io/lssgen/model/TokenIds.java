package io.lssgen.model;

import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;
import io.lssgen.text.Tokenizer;
import java.util.Arrays;
import java.util.List;

/** Prompts as text encoders read them. */
public final class TokenIds {
  private TokenIds() {}

  /** Of B prompts, cut or padded to one length: [B, length] int64. */
  public static Tensor of(Tokenizer tokenizer, List<String> prompts, int length) {
    long[] ids =
        prompts.stream()
            .flatMapToLong(prompt -> Arrays.stream(tokenizer.encode(prompt, length).ids()))
            .toArray();
    return Tensors.of(ids, prompts.size(), length);
  }
}
