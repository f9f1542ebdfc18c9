package io.lssgen.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessorTest {

  @ParameterizedTest
  @CsvSource({
    "avx avx2 f16c fma, false", // Zen 3
    "avx avx2 avx512_vnni avx512f f16c fma, false", // Ice Lake
    "avx avx2 avx512_bf16 avx512_vnni avx512f f16c fma, true", // Zen 4
    "amx_bf16 amx_int8 amx_tile avx avx2 avx512f f16c fma, true", // Sapphire Rapids
    "'', false", // not told
  })
  void multipliesBf16WithInstructionsForIt(String flags, boolean multiplies) {
    assertThat(Processor.multipliesBf16(Set.of(flags.split(" ")))).isEqualTo(multiplies);
  }

  @Test
  void typesAreNamed() {
    assertThat(Processor.type("fp32")).isEqualTo(DType.F32);
    assertThat(Processor.type("bf16")).isEqualTo(DType.BF16);
    assertThat(Processor.type("auto")).isIn(DType.F32, DType.BF16);
    assertThatThrownBy(() -> Processor.type("fp31")).hasMessageContaining("fp31");
  }
}
