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
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What {@code bench} measured: seconds from a request to its picture, without loading the model and
 * without writing a file.
 *
 * @param plain how pictures without scaling are made
 * @param scaled how those with it are
 * @param pairs of one each
 */
record BenchReport(Recipe plain, Recipe scaled, List<Pair> pairs) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * The same picture both ways.
   *
   * @param plain without scaling
   * @param scaled with it
   */
  record Pair(GenerationTimes plain, GenerationTimes scaled) {
    double ratio() {
      return plain.total() / scaled.total();
    }
  }

  BenchReport {
    pairs = List.copyOf(pairs);
  }

  /** With one more pair. */
  BenchReport with(GenerationTimes ofPlain, GenerationTimes ofScaled) {
    Pair pair = new Pair(ofPlain, ofScaled);
    return new BenchReport(plain, scaled, Stream.concat(pairs.stream(), Stream.of(pair)).toList());
  }

  /** How many pairs. */
  int runs() {
    return pairs.size();
  }

  /** How many times as fast scaling is: the median of the pairs. */
  double speedup() {
    return median(pairs.stream().mapToDouble(Pair::ratio));
  }

  static double median(DoubleStream values) {
    double[] sorted = values.sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** A table for a person. */
  String human() {
    Stage last = plain.plan().last();
    double[] ratios = pairs.stream().mapToDouble(Pair::ratio).sorted().toArray();
    return format(
            "%s, %dx%d, %d steps, %s, %d thread(s); medians of %d, turn about%n",
            plain.model(),
            last.width(),
            last.height(),
            plain.plan().requestedSteps(),
            plain.types(),
            TorchRuntime.threads(),
            runs())
        + format(
            "%-8s %7s  %6s  %6s  %6s  %s%n", "", "total s", "text", "scale", "decode", "denoise")
        + line("plain", plain, Pair::plain)
        + line(scaled.scaling().label(), scaled, Pair::scaled)
        + format(
            "scaled is %.2f times as fast (%.2f to %.2f)%n",
            speedup(), ratios[0], ratios[ratios.length - 1]);
  }

  /** Seconds of one part, of one kind: their median. */
  private double part(
      Function<Pair, GenerationTimes> kind, ToDoubleFunction<GenerationTimes> part) {
    return median(pairs.stream().map(kind).mapToDouble(part));
  }

  private List<Double> denoise(Recipe recipe, Function<Pair, GenerationTimes> kind) {
    return IntStream.range(0, recipe.plan().stages().size())
        .mapToObj(stage -> part(kind, times -> times.denoise().get(stage)))
        .toList();
  }

  private String line(String name, Recipe recipe, Function<Pair, GenerationTimes> kind) {
    List<Double> denoise = denoise(recipe, kind);
    String stages =
        recipe.plan().stages().stream()
            .map(
                stage ->
                    format(
                        "%.2f (%dx%d, %d steps)",
                        denoise.get(stage.index()), stage.width(), stage.height(), stage.steps()))
            .collect(Collectors.joining(" + "));
    return format(
        "%-8s %7.2f  %6.2f  %6.2f  %6.2f  %s%n",
        name,
        part(kind, GenerationTimes::total),
        part(kind, GenerationTimes::text),
        part(kind, GenerationTimes::scale),
        part(kind, GenerationTimes::decode),
        stages);
  }

  /** One object: the machine, both kinds with all totals, settings and the medians of the parts. */
  String json() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("schema", "lssgen-bench-1");
    fields.put("prompt", plain.request().prompt());
    fields.put("model", plain.model());
    fields.put("dtype", plain.types().toString());
    fields.put("runs", runs());
    fields.put(
        "ways",
        List.of(
            fields("plain", plain, Pair::plain),
            fields(scaled.scaling().label(), scaled, Pair::scaled)));
    fields.put("speedups", pairs.stream().map(Pair::ratio).toList());
    fields.put("speedup", speedup());
    fields.put("environment", Machine.environment());
    try {
      return JSON.writeValueAsString(fields);
    } catch (JsonProcessingException e) {
      throw new AssertionError("numbers and texts are always valid JSON", e);
    }
  }

  private Map<String, Object> fields(
      String name, Recipe recipe, Function<Pair, GenerationTimes> kind) {
    Map<String, Object> medians = new LinkedHashMap<>();
    medians.put("total", part(kind, GenerationTimes::total));
    medians.put("text", part(kind, GenerationTimes::text));
    medians.put("denoise", denoise(recipe, kind));
    medians.put("scale", part(kind, GenerationTimes::scale));
    medians.put("decode", part(kind, GenerationTimes::decode));
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", name);
    fields.put("plan", recipe.plan().fields());
    fields.put("settings", recipe.metadata(recipe.request().seed()).settings());
    fields.put("total", pairs.stream().map(kind).map(GenerationTimes::total).toList());
    fields.put("medians", medians);
    return fields;
  }

  private static String format(String pattern, Object... values) {
    return String.format(Locale.ROOT, pattern, values);
  }
}
