package io.lssgen.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.errors.ModelException;
import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.SafetensorsFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;

/** Tensors of golden safetensors files, by name; they live in the scope open when read. */
public final class GoldenTensors implements ParameterSource {
  /** Where golden files lie, seen from the module's folder. */
  public static final Path ROOT = Path.of("src/test/resources/golden");

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /** Copies every tensor of {@code golden/<name>}. */
  public static GoldenTensors read(String name) {
    GoldenTensors golden = new GoldenTensors();
    SafetensorsFile file = SafetensorsFile.open(ROOT.resolve(name));
    try (Tensor mapped = file.map()) {
      for (String tensor : file.entries().keySet()) {
        golden.tensors.put(tensor, file.tensor(mapped, tensor).copy());
      }
    }
    return golden;
  }

  public Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new AssertionError("no golden tensor " + name + " among " + tensors.keySet());
    }
    return tensor;
  }

  /** All tensors by name. */
  public Map<String, Tensor> all() {
    return Collections.unmodifiableMap(tensors);
  }

  public Parameters parameters() {
    return Parameters.of(this);
  }

  @Override
  public Tensor parameter(String path, Init init, long... shape) {
    Tensor tensor = tensors.get(path);
    if (tensor == null || !Arrays.equals(tensor.shape(), shape)) {
      throw new ModelException(path + " " + Arrays.toString(shape) + " wanted, found " + tensor);
    }
    return tensor;
  }

  @Override
  public boolean has(String path) {
    return tensors.containsKey(path);
  }

  /** The largest difference between two tensors of the same shape. */
  public static double maxError(Tensor actual, Tensor expected) {
    assertThat(actual.shape()).containsExactly(expected.shape());
    float[] found = actual.toFloatArray();
    float[] wanted = expected.toFloatArray();
    double error = 0;
    for (int i = 0; i < found.length; i++) {
      double difference = Math.abs((double) found[i] - wanted[i]);
      error = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(error, difference);
    }
    return error;
  }

  /** Lines "name, tab, sides" of a gzipped golden list, as names to shapes. */
  public static Map<String, String> shapes(String name) throws IOException {
    Map<String, String> shapes = new TreeMap<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(ROOT.resolve(name))),
                StandardCharsets.UTF_8))) {
      reader.lines().map(line -> line.split("\t", -1)).forEach(l -> shapes.put(l[0], l[1]));
    }
    return shapes;
  }
}
