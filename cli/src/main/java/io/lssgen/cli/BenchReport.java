package io.lssgen.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.pipeline.GenerationTimes;
import io.lssgen.pipeline.Machine;
import io.lssgen.pipeline.Recipe;
import io.lssgen.sampling.Stage;
import io.lssgen.tensor.TorchRuntime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What {@code bench} measured.
 *
 * @param plain without scaling
 * @param scaled with it
 */
record BenchReport(Way plain, Way scaled) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * One of the two.
   *
   * @param recipe how its pictures are made
   * @param times of each picture
   */
  record Way(Recipe recipe, List<GenerationTimes> times) {
    Way {
      times = List.copyOf(times);
    }

    Way with(GenerationTimes more) {
      return new Way(recipe, Stream.concat(times.stream(), Stream.of(more)).toList());
    }

    String name() {
      return recipe.request().plain() ? "plain" : recipe.scaling().label();
    }

    double median(ToDoubleFunction<GenerationTimes> part) {
      double[] sorted = times.stream().mapToDouble(part).sorted().toArray();
      int middle = sorted.length / 2;
      return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    double total() {
      return median(GenerationTimes::total);
    }

    private List<Double> denoise() {
      return IntStream.range(0, recipe.plan().stages().size())
          .mapToObj(stage -> median(times -> times.denoise().get(stage)))
          .toList();
    }

    private String line() {
      List<Double> denoise = denoise();
      String stages =
          recipe.plan().stages().stream()
              .map(stage -> stage(stage, denoise.get(stage.index())))
              .collect(Collectors.joining(" + "));
      return format(
          "%-8s %7.2f  %6.2f  %6.2f  %6.2f  %s%n",
          name(),
          total(),
          median(GenerationTimes::text),
          median(GenerationTimes::scale),
          median(GenerationTimes::decode),
          stages);
    }

    private static String stage(Stage stage, double seconds) {
      return format(
          "%.2f (%dx%d, %d steps)", seconds, stage.width(), stage.height(), stage.steps());
    }

    private Map<String, Object> fields() {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("name", name());
      fields.put("plan", recipe.plan().fields());
      fields.put("total", times.stream().map(GenerationTimes::total).toList());
      Map<String, Object> medians = new LinkedHashMap<>();
      medians.put("total", total());
      medians.put("text", median(GenerationTimes::text));
      medians.put("denoise", denoise());
      medians.put("scale", median(GenerationTimes::scale));
      medians.put("decode", median(GenerationTimes::decode));
      fields.put("medians", medians);
      return fields;
    }
  }

  /** Before anything is measured. */
  static BenchReport of(Recipe plain, Recipe scaled) {
    return new BenchReport(new Way(plain, List.of()), new Way(scaled, List.of()));
  }

  /** With one more picture of each. */
  BenchReport with(GenerationTimes ofPlain, GenerationTimes ofScaled) {
    return new BenchReport(plain.with(ofPlain), scaled.with(ofScaled));
  }

  /** Pictures of each. */
  int runs() {
    return scaled.times().size();
  }

  /** How many times as fast scaling is, by the medians. */
  double speedup() {
    return plain.total() / scaled.total();
  }

  /** A table for a person. */
  String human() {
    Recipe recipe = plain.recipe();
    Stage last = recipe.plan().last();
    return format(
            "%s, %dx%d, %d steps, %s, %d thread(s); medians of %d, turn about%n",
            recipe.model(),
            last.width(),
            last.height(),
            recipe.plan().requestedSteps(),
            recipe.types(),
            TorchRuntime.threads(),
            runs())
        + format(
            "%-8s %7s  %6s  %6s  %6s  %s%n", "", "total s", "text", "scale", "decode", "denoise")
        + plain.line()
        + scaled.line()
        + format("scaled is %.2f times as fast%n", speedup());
  }

  /** One object: the machine, both kinds with all totals and the medians of the parts. */
  String json() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("schema", "lssgen-bench-1");
    fields.put("model", plain.recipe().model());
    fields.put("dtype", plain.recipe().types().toString());
    fields.put("runs", runs());
    fields.put("ways", List.of(plain.fields(), scaled.fields()));
    fields.put("speedup", speedup());
    fields.put("environment", Machine.environment());
    try {
      return JSON.writeValueAsString(fields);
    } catch (JsonProcessingException e) {
      throw new AssertionError("numbers and texts are always valid JSON", e);
    }
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
