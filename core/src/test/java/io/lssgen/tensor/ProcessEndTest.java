package io.lssgen.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The dynamic linker itself tells which libraries it takes down when a process ends. */
@EnabledOnOs(OS.LINUX)
class ProcessEndTest {
  private static final int STATUS = 7;
  private static final String HOOK = "hook ran";

  @Test
  void librariesOfNativeThreadsAreNotTakenDown() throws Exception {
    String said = ending(Loading.class);
    assertThat(said).contains(HOOK).doesNotContain("calling fini");
  }

  @Test
  void withoutLibtorchNothingIsChanged() throws Exception {
    assertThat(ending(Idle.class)).contains(HOOK, "calling fini");
  }

  /** What is said of the end of a process that ends with {@link #STATUS}. */
  private static String ending(Class<?> main) throws IOException, InterruptedException {
    ProcessBuilder builder = JavaProcess.of(main);
    builder.environment().put("LD_DEBUG", "files");
    return JavaProcess.said(builder, STATUS)
        .lines()
        .filter(line -> line.contains("calling fini") || line.contains(HOOK))
        .collect(Collectors.joining("\n"));
  }

  /** Ends as it began. */
  static final class Idle {
    private Idle() {}

    public static void main(String... arguments) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> System.out.println(HOOK)));
      System.exit(STATUS);
    }
  }

  /** Loads libtorch and ends. */
  static final class Loading {
    private Loading() {}

    public static void main(String... arguments) {
      TorchRuntime.initialise();
      Idle.main();
    }
  }
}
