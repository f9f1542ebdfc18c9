package io.lssgen.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.UsageException;
import io.lssgen.weights.TensorInfo;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows what is in a model folder or a weights file. */
@Command(
    name = "inspect",
    description =
        "Shows what a model folder or a file of weights was recognised as, its components, element"
            + " types and sizes, and the memory that it needs.",
    mixinStandardHelpOptions = true)
final class InspectCommand implements Callable<Integer> {
  private static final int FP32_BYTES = 4;
  private static final int BF16_BYTES = 2;

  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "MODEL",
      description =
          "Model folder, component folder or weights file, or org/name[@revision] on the Hugging"
              + " Face hub.")
  private Path named;

  @Mixin private ModelSource source = new ModelSource();

  @Mixin private PartsOptions parts = new PartsOptions();

  @Mixin private FormatOption format = new FormatOption();

  @Option(
      names = {"-v", "--verbose"},
      description = "Also list every tensor.")
  private boolean verbose;

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    Path path = source.find(named, parts.wanted(), err, format.chosen());
    Optional<Inspection> alone = Inspection.ofWeights(path, parts.own());
    if (alone.isPresent() && parts.areNamed()) {
      throw new UsageException(
          "parts from elsewhere want a whole model that they are for, found %s, which is %s"
              .formatted(path, alone.get().kind()));
    }
    Inspection inspection =
        alone.orElseGet(
            () ->
                Inspection.ofModel(
                    path,
                    parts.find(
                        () -> path,
                        (part, wanted) -> source.find(part, wanted, err, format.chosen()))));
    PrintWriter out = spec.commandLine().getOut();
    switch (format.chosen()) {
      case HUMAN -> print(inspection, out);
      case JSON -> out.println(json(inspection));
      case QUIET -> {}
    }
    out.flush();
    return ExitCode.OK;
  }

  private void print(Inspection inspection, PrintWriter out) {
    out.println(inspection.path());
    out.printf("%-10s %s%n", "kind", inspection.kind());
    if (inspection.pipeline() != null) {
      out.printf("%-10s %s%n", "pipeline", inspection.pipeline());
      out.printf("%-10s %s%n", "family", inspection.family());
    }
    out.printf("%n%-18s %-32s %15s %12s  %s%n", "component", "class", "parameters", "file", "type");
    for (Inspection.Component component : inspection.components()) {
      out.printf(
          Locale.ROOT,
          "%-18s %-32s %,15d %12s  %s%n",
          component.name(),
          component.type().isEmpty() ? "-" : component.type(),
          component.parameters(),
          size(component.fileBytes()),
          types(component));
      if (verbose) {
        component.tensors().forEach(tensor -> out.println("  " + line(tensor)));
      }
    }
    out.printf(
        Locale.ROOT,
        "%-18s %-32s %,15d %12s%n%n",
        "together",
        "",
        inspection.parameters(),
        size(inspection.fileBytes()));
    out.printf(
        "weights in memory: %s in fp32, %s in bf16; a picture's own numbers come on top%n",
        size(inspection.memoryBytes(FP32_BYTES)), size(inspection.memoryBytes(BF16_BYTES)));
  }

  private static String line(TensorInfo tensor) {
    return "%-80s %-5s %s"
        .formatted(tensor.name(), tensor.dtype(), Arrays.toString(tensor.shape()));
  }

  private static String types(Inspection.Component component) {
    Map<String, Long> counts = component.parametersByType();
    if (counts.isEmpty()) {
      return switch (component.state()) {
        case USED -> "no weights";
        case MISSING -> "missing";
        case NOT_USED -> "not used";
        case LEFT_OUT -> "left out";
      };
    }
    return counts.size() == 1
        ? counts.keySet().iterator().next()
        : counts.entrySet().stream()
            .map(entry -> "%s %,d".formatted(entry.getKey(), entry.getValue()))
            .collect(Collectors.joining(", "));
  }

  private static String size(long bytes) {
    if (bytes < 1 << 20) {
      return String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0);
    }
    return bytes < 1 << 30
        ? String.format(Locale.ROOT, "%.1f MiB", bytes / 1048576.0)
        : String.format(Locale.ROOT, "%.2f GiB", bytes / 1073741824.0);
  }

  private static String json(Inspection inspection) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("path", inspection.path().toString());
    fields.put("kind", inspection.kind());
    fields.put("pipeline", inspection.pipeline());
    fields.put("family", inspection.family());
    fields.put("components", inspection.components().stream().map(InspectCommand::fields).toList());
    fields.put("parameters", inspection.parameters());
    fields.put("file_bytes", inspection.fileBytes());
    fields.put(
        "weights_memory_bytes",
        Map.of(
            "fp32", inspection.memoryBytes(FP32_BYTES),
            "bf16", inspection.memoryBytes(BF16_BYTES)));
    try {
      return new ObjectMapper().writeValueAsString(fields);
    } catch (JsonProcessingException e) {
      throw new AssertionError("numbers and texts are always valid JSON", e);
    }
  }

  private static Map<String, Object> fields(Inspection.Component component) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", component.name());
    fields.put("class", component.type());
    fields.put("missing", component.isMissing());
    fields.put("used", component.isUsed());
    fields.put("tensors", component.tensors().size());
    fields.put("parameters", component.parameters());
    fields.put("parameters_by_dtype", component.parametersByType());
    fields.put("file_bytes", component.fileBytes());
    return fields;
  }
}
