package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.errors.LssGenException;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DoctorCommandTest {
  @TempDir Path folder;

  @Test
  void healthyMachineIsReady() {
    CommandRun run = CommandRun.of("doctor");

    assertThat(run.code()).as(run.out()).isEqualTo(ExitCode.OK);
    assertThat(run.out())
        .containsPattern("(?m)^ok +java +Java \\d+")
        .containsPattern("(?m)^ok +libtorch +\\d+\\.\\d+")
        .containsPattern("(?m)^ok +tensors +randn 0.3366")
        .containsPattern("(?m)^ok +speed +matmul at \\d+ GFLOPS in fp32, \\d+ in bf16")
        .containsPattern("(?m)^ok +picture file")
        .endsWith("ready to make pictures" + System.lineSeparator());
  }

  @Test
  void oneFailureDoesNotHideTheOthers() {
    StringWriter out = new StringWriter();
    int code =
        DoctorCommand.run(
            List.of(
                new HealthCheck(
                    "first",
                    () -> {
                      throw new LssGenException("broken");
                    }),
                new HealthCheck(
                    "second",
                    () -> {
                      throw new UnsatisfiedLinkError("no natives");
                    }),
                new HealthCheck("third", () -> HealthCheck.ok("fine"))),
            new PrintWriter(out));

    assertThat(code).isEqualTo(ExitCode.FAILURE);
    assertThat(out.toString().lines())
        .hasSize(4)
        .anyMatch(line -> line.matches("FAIL +first +broken"))
        .anyMatch(line -> line.matches("FAIL +second .*no natives"))
        .anyMatch(line -> line.matches("ok +third +fine"))
        .endsWith("2 check(s) failed");
  }

  @Test
  void fixedKernelsAreWarnedOf() {
    assertThat(HealthChecks.openBlas("Haswell").grade()).isEqualTo(HealthCheck.Grade.WARNING);
    assertThat(HealthChecks.openBlas("Haswell").text()).contains("OPENBLAS_CORETYPE=Haswell");
    assertThat(HealthChecks.openBlas(null).grade()).isEqualTo(HealthCheck.Grade.OK);
  }

  @Test
  void weightsThatAreNoNumbersAreFound() throws IOException {
    assertThat(HealthChecks.notFinite(folder)).isEmpty();
    try (TensorScope scope = TensorScope.open()) {
      Tensor good = Tensors.of(new float[] {1, 2}, 2);
      Tensor bad = Tensors.of(new float[] {1, Float.NaN}, 2);
      SafetensorsWriter.write(folder.resolve("a.safetensors"), Map.of("good", good, "bad", bad));
      assertThat(scope).isNotNull();
    }

    assertThat(HealthChecks.notFinite(folder)).contains("a.safetensors").endsWith("tensor bad");
  }
}
