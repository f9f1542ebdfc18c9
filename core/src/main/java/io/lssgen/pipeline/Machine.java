package io.lssgen.pipeline;

import io.lssgen.tensor.Processor;
import io.lssgen.tensor.TorchRuntime;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;

/** What there is to know of the computer and the libraries, for reports and for pictures. */
public final class Machine {
  private Machine() {}

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
    facts.put("processor", Processor.name());
    facts.put("cpu_flags", String.join(" ", Processor.flags()));
    facts.put("threads", Integer.toString(TorchRuntime.threads()));
    return facts;
  }
}
