package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.image.ResampleKernel;
import io.lssgen.scenes.Shares;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShareTablesTest {
  private static Shares<ResampleKernel> parse(String json) throws Exception {
    return ShareTables.kernels(new ObjectMapper().readTree(json));
  }

  @Test
  void kernelsAreDrawnAsOftenAsTheirShares() throws Exception {
    Shares<ResampleKernel> shares = parse("{\"lanczos\": 3, \"nearest\": 1}");
    SplittableRandom random = new SplittableRandom(5);
    Map<ResampleKernel, Integer> counts = new EnumMap<>(ResampleKernel.class);
    for (int i = 0; i < 4000; i++) {
      counts.merge(shares.at(random.nextDouble()), 1, Integer::sum);
    }
    assertThat(counts).containsOnlyKeys(ResampleKernel.LANCZOS, ResampleKernel.NEAREST);
    assertThat(counts.get(ResampleKernel.LANCZOS)).isBetween(2880, 3120);
  }

  @Test
  void nullTakesAwayWhatABaseHas() throws Exception {
    Shares<ResampleKernel> shares = parse("{\"lanczos\": null, \"nearest\": 1}");

    assertThat(shares.at(0)).isEqualTo(ResampleKernel.NEAREST);
    assertThat(shares.at(0.999)).isEqualTo(ResampleKernel.NEAREST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"lanczos\": 0}",
        "{\"lanczos\": null}",
        "{\"cubic\": 1}",
        "{\"area\": 1, \"x\": 1}"
      })
  void whatIsNoTableOfSharesIsRefused(String json) {
    assertThatThrownBy(() -> parse(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("kernels");
  }
}
