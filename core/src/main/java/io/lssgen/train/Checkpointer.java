package io.lssgen.train;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.SafetensorsFile;
import io.lssgen.weights.SafetensorsWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Saves and restores everything a run needs to go on exactly: weights, optimizer, average, step.
 * Data and random draws follow from the step (see {@link Trainee#loss}). One safetensors file,
 * which is replaced in one move; parameters are stored one by one under their names, so that a
 * checkpoint can be inspected and a changed model fails with the parameter's name.
 */
public final class Checkpointer {
  private static final String STEP = "lssgen.step";
  private static final String IMAGES = "lssgen.micro_batches";

  private final Path file;

  public Checkpointer(Path folder) {
    file = folder.resolve("checkpoint.safetensors");
  }

  /**
   * Where a run stands.
   *
   * @param step optimizer steps done
   * @param microBatches micro-batches consumed, which is the position in the data
   */
  public record Position(long step, long microBatches) {}

  /** Whether a run was saved here. */
  public boolean exists() {
    return Files.exists(file);
  }

  /** Writes the state after {@code position}. */
  public void save(Position position, TrainableParameters parameters, AdamW adam, Ema ema) {
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      buffers(parameters, adam, ema)
          .forEach(
              (kind, flat) -> {
                FlatParameters views = new FlatParameters(parameters.layout(), flat);
                views.all().forEach((path, view) -> tensors.put(kind + "." + path, view));
              });
      Map<String, String> metadata = new LinkedHashMap<>();
      metadata.put("format", "pt");
      metadata.put(STEP, Long.toString(position.step()));
      metadata.put(IMAGES, Long.toString(position.microBatches()));
      try {
        SafetensorsWriter.write(file, tensors, metadata);
      } finally {
        tensors.values().forEach(Tensor::close);
      }
    }
  }

  /**
   * Restores a saved run into {@code parameters}, {@code adam} and {@code ema}.
   *
   * @throws ModelException if the checkpoint belongs to another model or is damaged
   */
  public Position restore(TrainableParameters parameters, AdamW adam, Ema ema) {
    SafetensorsFile saved = SafetensorsFile.open(file);
    requireNothingElse(saved, parameters.layout());
    try (TensorScope scope = TensorScope.open()) {
      Tensor mapped = saved.map();
      buffers(parameters, adam, ema)
          .forEach((kind, flat) -> fill(saved, mapped, kind + ".", parameters.layout(), flat));
    }
    return new Position(number(saved, STEP), number(saved, IMAGES));
  }

  private static void requireNothingElse(SafetensorsFile saved, ParameterLayout layout) {
    Set<String> unknown = new TreeSet<>();
    for (String name : saved.entries().keySet()) {
      if (!layout.entries().containsKey(name.substring(name.indexOf('.') + 1))) {
        unknown.add(name);
      }
    }
    if (!unknown.isEmpty()) {
      throw new ModelException(
          saved.path()
              + " holds '"
              + unknown.iterator().next()
              + "', which the model has not; it was saved with another configuration");
    }
  }

  /**
   * Fills {@code flat} with the tensors of {@code source} whose names are {@code prefix} and a
   * parameter's path.
   */
  static void fill(
      SafetensorsFile source, Tensor mapped, String prefix, ParameterLayout layout, Tensor flat) {
    try (TensorScope scope = TensorScope.open();
        FlatParameters views = new FlatParameters(layout, flat)) {
      views
          .all()
          .forEach(
              (path, view) -> {
                Tensor value = source.tensor(mapped, prefix + path).to(DType.F32);
                requireShape(source.path() + ", " + path, view, value);
                view.copyInPlace(value);
              });
    }
  }

  static void requireShape(String what, Tensor wanted, Tensor found) {
    if (!Arrays.equals(found.shape(), wanted.shape())) {
      throw new ModelException(
          what
              + ": wanted shape "
              + Arrays.toString(wanted.shape())
              + ", found "
              + Arrays.toString(found.shape())
              + "; it was saved with another configuration");
    }
  }

  private static Map<String, Tensor> buffers(TrainableParameters parameters, AdamW adam, Ema ema) {
    Map<String, Tensor> buffers = new LinkedHashMap<>();
    buffers.put("weights", parameters.values().detach());
    buffers.put("adam_mean", adam.mean());
    buffers.put("adam_square", adam.square());
    buffers.put("ema", ema.average());
    return buffers;
  }

  private static long number(SafetensorsFile saved, String key) {
    String text = saved.metadata().get(key);
    if (text == null || !text.matches("\\d{1,18}")) {
      throw new ModelException(
          saved.path() + " is no training checkpoint: its metadata wants '" + key + "'");
    }
    return Long.parseLong(text);
  }
}
