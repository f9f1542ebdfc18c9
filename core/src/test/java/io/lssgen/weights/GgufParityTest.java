package io.lssgen.weights;

import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.GoldenTensors;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.ScopePerTest;
import io.lssgen.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of the format's own library, from {@code tools/golden/gguf_files.py}. */
@ExtendWith(ScopePerTest.class)
class GgufParityTest {
  private static final Path FILE = GoldenTensors.ROOT.resolve("gguf/types.gguf");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "F32", "F16", "BF16", "F64", "I8", "I32", "I64", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0",
        "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ4_NL", "IQ4_XS", "kernel"
      })
  void valuesOfAType(String name) {
    try (GgufFile file = GgufFile.open(FILE)) {
      Tensor wanted = GoldenTensors.read("gguf/types.safetensors").tensor(name);

      assertThat(maxError(file.tensor(name), wanted)).isZero();
    }
  }

  @Test
  void typesAndFacts() {
    try (WeightsFile file = WeightsFile.open(FILE)) {
      assertThat(file).isInstanceOf(GgufFile.class);
      assertThat(file.entry("Q4_K").dtype()).isEqualTo(GgufType.Q4_K);
      assertThat(file.tensor("F16").dtype()).isEqualTo(DType.F16);
      assertThat(file.tensor("Q8_0").dtype()).isEqualTo(DType.F32);
      assertThat(file.metadata())
          .containsAllEntriesOf(
              Map.ofEntries(
                  Map.entry("general.architecture", "test"),
                  Map.entry("fact.uint8", "200"),
                  Map.entry("fact.int8", "-3"),
                  Map.entry("fact.uint16", "65535"),
                  Map.entry("fact.int16", "-300"),
                  Map.entry("fact.uint32", "4294967295"),
                  Map.entry("fact.int32", "-7"),
                  Map.entry("fact.uint64", "12345678901"),
                  Map.entry("fact.int64", "-12345678901"),
                  Map.entry("fact.float32", "1.5"),
                  Map.entry("fact.float64", "-0.1"),
                  Map.entry("fact.bool", "true"),
                  Map.entry("fact.text", "Grüße, 世界")));
    }
  }
}
