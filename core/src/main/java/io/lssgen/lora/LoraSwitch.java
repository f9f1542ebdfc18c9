package io.lssgen.lora;

import io.lssgen.errors.ModelException;
import io.lssgen.files.FileStamp;
import io.lssgen.lora.LoraChanges.Change;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ParameterTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Puts LoRAs into a loaded model's weights and takes them out again: W + Σ weight · scale · (up ·
 * down) and what the other kinds of {@link Product} are, summed in fp32 and rounded once to the
 * model's type, so that pictures cost no more with them than without.
 *
 * <p>Sums begin at the weights as they are in the model's files, which are read again for it. So no
 * second copy of weights is kept, and a model that LoRAs were taken out of is the same to the bit
 * as one that never had any. The LoRAs are added in the order of their files' names, whatever the
 * order in which they are given.
 *
 * <p>Used on one thread.
 */
public final class LoraSwitch {
  /** Keeps rows of nothing from being divided by nothing. */
  private static final double LEAST_LENGTH = 1e-30;

  private final Map<String, ParameterTree> components;

  /** Parameters that may differ from their files, each as component and path. */
  private final Set<Parameter> touched = new HashSet<>();

  /** What the model holds now; null while that is not certain. */
  private @Nullable Map<Path, Applied> current = Map.of();

  private @Nullable LoraTargets targets;

  private record Parameter(String component, String path) {}

  /** A LoRA that is in the weights, and its file as it was then. */
  private record Applied(double weight, FileStamp file) {}

  /** Rows that one layer adds to a parameter. */
  private record Addition(LoraFile file, LoraLayer layer, ModuleNames.Rows rows, double factor) {}

  /**
   * @param components the parameters of the model's components, which stay their owner's to close
   */
  public LoraSwitch(Map<String, ParameterTree> components) {
    this.components = Map.copyOf(components);
  }

  /**
   * Makes the model hold exactly these LoRAs; nothing is done if it does. One that is given twice
   * counts with the sum of its weights. All files are checked before anything changes. If changing
   * fails half-way, this throws, and so does every later call until one brings all weights in
   * order.
   *
   * @throws ModelException if a file is missing, damaged, no LoRA or one for another model, or if
   *     the model's own files were changed since it was loaded
   */
  public void apply(List<Lora> loras) {
    Map<Path, Applied> wanted = wanted(loras);
    if (wanted.equals(current)) {
      return;
    }
    List<LoraFile> files = new ArrayList<>();
    try {
      Map<Parameter, List<Addition>> additions = new LinkedHashMap<>();
      wanted.forEach((path, applied) -> collect(path, applied.weight, files, additions));
      change(additions);
      current = wanted;
    } finally {
      files.forEach(LoraFile::close);
    }
  }

  /** Hears that a component's weights were read from their files again: no LoRA is in them. */
  public void restored(String component) {
    if (touched.removeIf(parameter -> parameter.component.equals(component))) {
      current = null; // the next call writes what is missing
    }
  }

  private static Map<Path, Applied> wanted(List<Lora> loras) {
    Map<Path, Applied> wanted = new TreeMap<>();
    for (Lora lora : loras) {
      try {
        Path path = file(lora.file().toAbsolutePath().normalize());
        Applied before = wanted.get(path);
        double weight = lora.weight() + (before == null ? 0 : before.weight);
        wanted.put(path, new Applied(weight, FileStamp.of(path)));
      } catch (IOException e) {
        throw new ModelException(
            "cannot read the LoRA %s: wanted a safetensors file, found none that can be read"
                .formatted(lora.file()),
            e);
      }
    }
    return wanted;
  }

  private static Path file(Path path) {
    if (!Files.isDirectory(path)) {
      return path;
    }
    try (Checkpoint weights = Checkpoint.open(path)) {
      return weights.origin();
    }
  }

  private void collect(
      Path path, double weight, List<LoraFile> files, Map<Parameter, List<Addition>> additions) {
    LoraFile file = LoraFile.open(path);
    files.add(file);
    if (targets == null) {
      targets = new LoraTargets(components);
    }
    for (Change change : LoraChanges.of(file, targets)) {
      double factor = weight * change.layer().scale();
      if (factor != 0) {
        for (ModuleNames.Rows rows : change.target().rows()) {
          additions
              .computeIfAbsent(
                  new Parameter(change.target().component(), rows.parameter()),
                  any -> new ArrayList<>())
              .add(new Addition(file, change.layer(), rows, factor));
        }
      }
    }
  }

  private void change(Map<Parameter, List<Addition>> additions) {
    current = null; // until all of it is done
    touched.addAll(additions.keySet());
    try (GradMode off = GradMode.disabled()) {
      components.forEach((component, tree) -> change(component, tree, additions));
    }
    touched.retainAll(additions.keySet());
  }

  private void change(
      String component, ParameterTree tree, Map<Parameter, List<Addition>> additions) {
    List<Parameter> own = touched.stream().filter(p -> p.component.equals(component)).toList();
    if (own.isEmpty()) {
      return;
    }
    try (ParameterTree.Originals originals = tree.originals()) {
      for (Parameter parameter : own) {
        write(tree, originals, parameter.path, additions.getOrDefault(parameter, List.of()));
      }
    }
  }

  private static void write(
      ParameterTree tree,
      ParameterTree.Originals originals,
      String path,
      List<Addition> additions) {
    if (additions.isEmpty()) {
      tree.reset(path);
      return;
    }
    try (TensorScope scope = TensorScope.open()) {
      Tensor original = originals.read(path);
      long[] shape = original.shape();
      Tensor before = original.to(DType.F32).reshape(shape[0], -1); // [out, in · k · k]
      Tensor sum = before.copy();
      for (Addition addition : additions) {
        add(sum, before, addition, shape[1]);
      }
      tree.write(path, sum.reshape(shape)); // rounds to the model's type
    }
  }

  private static void add(Tensor sum, Tensor before, Addition addition, long inputs) {
    try (TensorScope scope = TensorScope.open()) {
      ModuleNames.Rows rows = addition.rows;
      Tensor own = before.narrow(0, rows.row(), rows.count());
      Tensor product =
          addition.layer.product().rows(addition.file::tensor, rows.layerRow(), rows.count());
      Tensor place = sum.narrow(0, rows.row(), rows.count());
      LoraLayer.Magnitudes magnitudes = addition.layer.magnitudes();
      if (magnitudes == null) {
        place.addInPlace(product, addition.factor);
        return;
      }
      Tensor lengths = addition.file.tensor(magnitudes.tensor()).to(DType.F32).reshape(-1);
      Tensor changed = own.add(product.mul(addition.factor));
      place.addInPlace(
          (magnitudes.ofColumns()
                  ? withColumns(changed, lengths, inputs)
                  : withRows(changed, lengths.narrow(0, rows.layerRow(), rows.count())))
              .sub(own),
          1);
    }
  }

  /** [out, in · k · k] with rows of these lengths, [out]. */
  private static Tensor withRows(Tensor weight, Tensor lengths) {
    Tensor found = weight.square().sum(true, 1).sqrt().add(LEAST_LENGTH);
    return weight.mul(lengths.reshape(-1, 1).div(found));
  }

  /** [out, in · k · k] with columns, of all outputs and places of an input, of these lengths. */
  private static Tensor withColumns(Tensor weight, Tensor lengths, long inputs) {
    Tensor byInput = weight.reshape(weight.size(0), inputs, -1);
    Tensor found = byInput.square().sum(true, 0, 2).sqrt().add(LEAST_LENGTH);
    return byInput.mul(lengths.reshape(1, -1, 1).div(found)).reshape(weight.shape());
  }
}
