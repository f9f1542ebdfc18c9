package io.lssgen.pipeline;

import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.SafetensorsFile;
import io.lssgen.weights.SafetensorsWriter;
import io.lssgen.weights.TensorInfo;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Latents in safetensors files: the clean ones of each stage, and the noise a run begins with. */
public final class LatentsFile {
  /** Name of the tensor that holds a run's initial noise. */
  public static final String INITIAL = "latents";

  /** Name of the tensor that holds the last stage's clean latents. */
  public static final String FINAL = "final";

  private LatentsFile() {}

  /**
   * Writes the clean latents of each stage as {@code stage0}, {@code stage1}, …, the last of them
   * once more as {@code final}: fp32, [B, C, h, w], denoiser's space.
   *
   * @param stages in the order of the run, at least one
   * @throws UsageException when the file is there already and {@code ifExists} refuses, or its
   *     folder does not exist
   * @throws io.lssgen.errors.LssGenException when it cannot be written; an older file is then
   *     unchanged
   */
  public static void write(Path file, List<Latents> stages, IfExists ifExists) {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (int i = 0; i < stages.size(); i++) {
        tensors.put("stage" + i, stages.get(i).tensor());
      }
      tensors.put(FINAL, stages.get(stages.size() - 1).tensor());
      SafetensorsWriter.write(file, tensors, Map.of(), ifExists);
    }
  }

  /**
   * Reads the noise that a run shall begin with: the tensor {@code latents}, or the only one in the
   * file.
   *
   * @throws UsageException when there are several others, or it is not [B, C, h, w] of a size that
   *     runs can have
   * @throws io.lssgen.errors.ModelException when the file cannot be read
   */
  public static Latents readInitial(Path path) {
    try (SafetensorsFile file = SafetensorsFile.open(path);
        TensorScope scope = TensorScope.open()) {
      Set<String> names = file.entries().keySet();
      if (!names.contains(INITIAL) && names.size() != 1) {
        throw new UsageException(
            "%s: wanted a tensor '%s', or one tensor alone, found %s"
                .formatted(path, INITIAL, names));
      }
      String name = names.contains(INITIAL) ? INITIAL : names.iterator().next();
      requireSize(path, file.entry(name));
      Tensor tensor = file.tensor(name);
      long[] shape = tensor.shape();
      if (shape.length != 4 || tensor.numel() == 0 || !tensor.dtype().isFloating()) {
        throw new UsageException(
            "%s: wanted latents [images, channels, height, width] of floating type, found %s of %s"
                .formatted(path, Arrays.toString(shape), tensor.dtype().label()));
      }
      return Latents.of(tensor);
    }
  }

  /** Values are an array of Java's on their way into a run. */
  private static void requireSize(Path path, TensorInfo tensor) {
    if (tensor.elements() > Integer.MAX_VALUE) {
      throw new UsageException(
          "%s: wanted latents of at most %d values, found %s"
              .formatted(path, Integer.MAX_VALUE, tensor));
    }
  }
}
