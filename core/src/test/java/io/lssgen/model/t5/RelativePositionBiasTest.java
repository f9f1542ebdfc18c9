package io.lssgen.model.t5;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.ScopePerTest;
import io.lssgen.tensor.Tensor;
import io.lssgen.train.TrainableParameters;
import io.lssgen.weights.ModelConfig;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(ScopePerTest.class)
class RelativePositionBiasTest {
  private static final T5Config CONFIG =
      T5Config.of(
          ModelConfig.parse(
              "tiny T5",
              "{\"d_model\": 8, \"d_kv\": 4, \"num_heads\": 5, \"d_ff\": 8, \"num_layers\": 1,"
                  + " \"vocab_size\": 10, \"relative_attention_num_buckets\": 16}"));
  private static final int TOKENS = 12;

  /** A fresh encoder knows the order of words: T5's own beginning, near zero, does not. */
  @Test
  void freshHeadsLookOneWay() {
    try (Rng rng = new Rng(1);
        TrainableParameters parameters =
            TrainableParameters.fresh(p -> new RelativePositionBias(p, CONFIG), rng)) {
      Tensor bias =
          new RelativePositionBias(Parameters.of(parameters), CONFIG).forward(TOKENS, DType.F32);
      float[] scores = bias.detach().toFloatArray(); // [1, heads, TOKENS, TOKENS]
      for (int query = 0; query < TOKENS; query++) {
        for (int key = 0; key < TOKENS; key++) {
          int ahead = key - query;
          boolean[] looks = {
            ahead > 0 && ahead <= 3, ahead < 0 && ahead >= -3, ahead > 0, ahead < 0, false
          };
          looks[4] = looks[0]; // the fifth head is as the first
          for (int head = 0; head < 5; head++) {
            assertThat(scores[(head * TOKENS + query) * TOKENS + key])
                .as("head %d from %d to %d", head, query, key)
                .isEqualTo(looks[head] ? 4f : 0f);
          }
        }
      }
    }
  }
}
