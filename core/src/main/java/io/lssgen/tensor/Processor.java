package io.lssgen.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;

/** What there is to know of the processor, and what follows for tensors. */
public final class Processor {
  /** Stands for {@link #fastestType()} where a type is named. */
  public static final String AUTO = "auto";

  private static final Path FACTS = Path.of("/proc/cpuinfo");

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

  private Processor() {}

  /** The processor's name; its architecture where the system does not tell. */
  public static String name() {
    return field("model name", System.getProperty("os.arch", "unknown"));
  }

  /** The telling instruction sets that it has; empty where the system does not say. */
  public static Set<String> flags() {
    String flags = field("flags", field("Features", ""));
    Set<String> found = new TreeSet<>(Arrays.asList(flags.split(" ")));
    found.retainAll(TELLING_FLAGS);
    return found;
  }

  /** Whether it has instructions for bf16 that libtorch uses, as far as the system tells. */
  public static boolean multipliesBf16() {
    return multipliesBf16(flags());
  }

  static boolean multipliesBf16(Set<String> flags) {
    return flags.contains("avx512_bf16") || flags.contains("amx_bf16");
  }

  /**
   * What models compute fastest in: bf16 where the processor multiplies it, else fp32. Without its
   * instructions bf16 is emulated, convolutions ten times slower than those in fp32.
   */
  public static DType fastestType() {
    return multipliesBf16() ? DType.BF16 : DType.F32;
  }

  /**
   * The type that is called so, where {@link #AUTO} is {@link #fastestType()}.
   *
   * @throws IllegalArgumentException if there is none
   */
  public static DType type(String label) {
    return label.equals(AUTO) ? fastestType() : DType.parse(label);
  }

  private static String field(String name, String absent) {
    try {
      for (String line : Files.readAllLines(FACTS)) {
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
}
