package io.lssgen.pipeline;

import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;

/** What there is to know of the computer and the libraries, for reports and for pictures. */
public final class Machine {
  private static final Path PROCESSOR = Path.of("/proc/cpuinfo");

  /** Instruction sets that decide how fast, and to the last bit how, tensors are computed. */
  private static final Set<String> TELLING_FLAGS =
      Set.of(
          "avx",
          "avx2",
          "fma",
          "f16c",
          "avx_vnni",
          "avx512f",
          "avx512_vnni",
          "avx512_bf16",
          "avx512_fp16",
          "amx_tile",
          "amx_bf16",
          "amx_int8",
          "asimd",
          "sve",
          "bf16");

  private Machine() {}

  /** The processor's name; its architecture where the system does not tell. */
  public static String processor() {
    return processorField("model name", System.getProperty("os.arch", "unknown"));
  }

  /** The telling instruction sets that the processor has; empty where the system does not say. */
  public static Set<String> flags() {
    String flags = processorField("flags", processorField("Features", ""));
    Set<String> found = new TreeSet<>(Arrays.asList(flags.split(" ")));
    found.retainAll(TELLING_FLAGS);
    return found;
  }

  private static String processorField(String name, String absent) {
    try {
      for (String line : Files.readAllLines(PROCESSOR)) {
        int colon = line.indexOf(':');
        if (colon > 0 && line.substring(0, colon).strip().equals(name)) {
          return line.substring(colon + 1).strip();
        }
      }
      return absent;
    } catch (IOException e) {
      return absent;
    }
  }

  /** Bytes of the machine's memory, or of the container's share; empty if unknown. */
  public static OptionalLong memory() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? OptionalLong.of(system.getTotalMemorySize())
        : OptionalLong.empty();
  }

  /** Versions and the processor: what decides a picture's last bits. */
  public static Map<String, String> environment() {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("lssgen", LibraryVersion.number());
    facts.put("java", System.getProperty("java.version", "unknown"));
    facts.put("libtorch", TorchRuntime.version());
    facts.put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    facts.put("processor", processor());
    facts.put("cpu_flags", String.join(" ", flags()));
    facts.put("threads", Integer.toString(TorchRuntime.threads()));
    return facts;
  }
}
