package io.lssgen.cli;

import io.lssgen.hub.HubSettings;
import io.lssgen.pipeline.LibraryVersion;
import io.lssgen.pipeline.Machine;
import io.lssgen.tensor.Processor;
import io.lssgen.tensor.TorchRuntime;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints what a report of a problem should contain. */
@Command(
    name = "env",
    description = "Prints the versions and the machine, for reports of problems.",
    mixinStandardHelpOptions = true)
final class EnvCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    facts().forEach((name, value) -> out.printf("%-10s %s%n", name, value));
    return ExitCode.OK;
  }

  private static Map<String, String> facts() {
    Runtime runtime = Runtime.getRuntime();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("lssgen", LibraryVersion.number());
    facts.put("java", property("java.version") + " (" + property("java.vendor") + ")");
    facts.put(
        "system",
        property("os.name") + " " + property("os.version") + " on " + property("os.arch"));
    facts.put("processor", Processor.name());
    facts.put("cpu flags", String.join(" ", Processor.flags()));
    facts.put("processors", Integer.toString(runtime.availableProcessors()));
    facts.put("libtorch", TorchRuntime.version());
    facts.put("threads", TorchRuntime.threads() + " for tensor operations");
    Machine.memory()
        .ifPresent(bytes -> facts.put("memory", (bytes >> 20) + " MiB in this machine"));
    HubSettings hub = HubSettings.ofEnvironment();
    facts.put("hub", hub.endpoint() + (hub.offline() ? ", which is not asked" : ""));
    facts.put("hub cache", hub.cache().toString());
    facts.put("java heap", "at most " + (runtime.maxMemory() >> 20) + " MiB");
    return facts;
  }

  private static String property(String name) {
    return System.getProperty(name, "unknown");
  }
}
