package io.lssgen.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.text.Tokenizer;
import io.lssgen.text.Tokenizers;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Prompts to ids through a whole diffusers folder (tools/golden/flux_components.py); exact. */
class FluxTokensParityTest {
  @Test
  void idsOfBothTokenizers() throws Exception {
    JsonNode prompts =
        new ObjectMapper()
            .readTree(GoldenTensors.ROOT.resolve("flux/prompts.json").toFile())
            .get("prompts");
    Tokenizer clip = Tokenizers.clip(GoldenTensors.ROOT.resolve("flux-tiny/tokenizer"));
    Tokenizer t5 = Tokenizers.t5(GoldenTensors.ROOT.resolve("flux-tiny/tokenizer_2"));
    TensorScope scope = TensorScope.open();
    try (scope) {
      GoldenTensors golden = GoldenTensors.read("flux/text.safetensors");
      assertSame(clip, prompts, golden.tensor("clip_ids"));
      assertSame(t5, prompts, golden.tensor("t5_ids"));
    }
  }

  private static void assertSame(Tokenizer tokenizer, JsonNode prompts, Tensor wanted) {
    int length = (int) wanted.size(1);
    long[] rows = wanted.toLongArray();
    for (int i = 0; i < wanted.size(0); i++) {
      assertThat(tokenizer.encode(prompts.get(i).asText(), length).ids())
          .containsExactly(Arrays.copyOfRange(rows, i * length, (i + 1) * length));
    }
  }
}
