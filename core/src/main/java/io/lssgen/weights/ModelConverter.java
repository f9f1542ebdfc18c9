package io.lssgen.weights;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Copies a model folder with its floating-point weights in another type. */
public final class ModelConverter {
  private ModelConverter() {}

  /**
   * Copies every file of {@code source} and of its folders to {@code target}; safetensors files are
   * rewritten with their floating-point tensors in {@code type}.
   *
   * @throws UsageException if {@code target} exists and is not empty
   * @throws io.lssgen.errors.ModelException if a weights file is damaged
   */
  public static void convert(Path source, Path target, DType type) {
    requireEmpty(target);
    for (Path file : files(source)) {
      Path copy = target.resolve(source.relativize(file));
      try {
        Files.createDirectories(copy.resolveSibling("."));
        if (file.toString().endsWith(".safetensors")) {
          convertFile(file, copy, type);
        } else {
          Files.copy(file, copy);
        }
      } catch (IOException e) {
        throw new LssGenException(copy + " cannot be written: " + e.getMessage(), e);
      }
    }
  }

  private static void convertFile(Path file, Path copy, DType type) {
    try (SafetensorsFile weights = SafetensorsFile.open(file);
        TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> tensors = new TreeMap<>();
      for (String name : weights.entries().keySet()) {
        Tensor tensor = weights.tensor(name);
        tensors.put(name, tensor.dtype().isFloating() ? tensor.to(type) : tensor);
      }
      SafetensorsWriter.write(copy, tensors, weights.metadata());
    }
  }

  private static List<Path> files(Path source) {
    try (Stream<Path> walk = Files.walk(source)) {
      return walk.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException e) {
      throw new UsageException(source + " cannot be read: " + e.getMessage());
    }
  }

  private static void requireEmpty(Path target) {
    try {
      if (Files.exists(target)) {
        try (Stream<Path> inside = Files.list(target)) {
          if (inside.findAny().isPresent()) {
            throw new UsageException(target + " is not empty; name a new folder");
          }
        }
      }
    } catch (IOException e) {
      throw new UsageException(target + " cannot be read: " + e.getMessage());
    }
  }
}
