package io.lssgen.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
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
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                classPath,
                main.getName()));
    builder.environment().put("LD_DEBUG", "files");
    Process process = builder.redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(STATUS);
    return said.lines()
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
