package io.lssgen.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** OpenMP itself tells how it was set when it was loaded. */
@EnabledOnOs(OS.LINUX)
class WaitingThreadsTest {

  @Test
  void threadsOfOpenMpSleep() throws Exception {
    assertThat(settings("OMP_DISPLAY_ENV=true"))
        .contains("OMP_WAIT_POLICY = 'PASSIVE'", "sleep: true");
  }

  @Test
  void whatTheUserSaysIsLeft() throws Exception {
    assertThat(settings("OMP_DISPLAY_ENV=true", "OMP_WAIT_POLICY=active"))
        .contains("OMP_WAIT_POLICY = 'ACTIVE'", "sleep: true");
    assertThat(settings("OMP_DISPLAY_ENV=verbose", "GOMP_SPINCOUNT=123"))
        .contains("GOMP_SPINCOUNT = '123'")
        .doesNotContain("OMP_WAIT_POLICY = 'ACTIVE'");
  }

  /** What a process with these variables, and none of OpenMP's besides, prints. */
  private static String settings(String... variables) throws IOException, InterruptedException {
    ProcessBuilder builder = JavaProcess.of(Runtime.class);
    builder.environment().keySet().removeIf(name -> name.matches("G?OMP_.*"));
    for (String variable : variables) {
      String[] parts = variable.split("=");
      builder.environment().put(parts[0], parts[1]);
    }
    return JavaProcess.said(builder, 0);
  }

  /** Loads libtorch. */
  static final class Runtime {
    private Runtime() {}

    public static void main(String... arguments) {
      System.out.println("sleep: " + TorchRuntime.threadsSleep());
    }
  }
}
