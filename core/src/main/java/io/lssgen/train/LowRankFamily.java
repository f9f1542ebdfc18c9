package io.lssgen.train;

import io.lssgen.nn.Init;
import io.lssgen.nn.ParameterSource;
import io.lssgen.nn.Parameters;
import io.lssgen.schedule.Scheduler;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.ParameterShapes;
import io.lssgen.weights.SafetensorsWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A family whose models stay as they are, but for low-rank changes of the denoiser's matrices and
 * kernels, which are trained (LoRA, arXiv 2106.09685, equation 3): W + up · down. Fresh, up is zero
 * and changes nothing.
 *
 * <p>The changes are exported in diffusers' keys, beside the model that they change.
 */
final class LowRankFamily implements DenoiserFamily {
  /** The file's name, by which diffusers finds it in a folder. */
  static final String FILE = "pytorch_lora_weights.safetensors";

  private static final String WEIGHT = ".weight";
  private static final String DOWN = ".lora_A.weight";
  private static final String UP = ".lora_B.weight";

  private final DenoiserFamily family;
  private final ComponentWeights base;
  private final Map<String, Change> changes = new TreeMap<>();

  /** The paths and shapes of the two factors. */
  private record Change(String down, long[] downShape, String up, long[] upShape) {
    /** Of a weight [out, in, …]; {@code rank} rows in between. */
    static Change of(String path, long[] shape, int rank) {
      String module = path.substring(0, path.length() - WEIGHT.length());
      long[] down = shape.clone();
      down[0] = rank;
      long[] up = new long[shape.length];
      Arrays.fill(up, 1);
      up[0] = shape[0];
      up[1] = rank;
      return new Change(module + DOWN, down, module + UP, up);
    }

    Tensor down(ParameterSource source) {
      long fanIn = Arrays.stream(downShape).skip(1).reduce(1, Math::multiplyExact);
      return source.parameter(down, Init.fanIn(fanIn), downShape);
    }

    Tensor up(ParameterSource source) {
      return source.parameter(up, Init.ZEROS, upShape);
    }
  }

  /**
   * @param base the whole model's weights, which stay the caller's
   * @param rank of each change, at least 1
   */
  LowRankFamily(DenoiserFamily family, ComponentWeights base, int rank) {
    this.family = family;
    this.base = base;
    String prefix = family.denoiser() + ".";
    ParameterShapes.of(asked -> family.model(asked).close())
        .forEach(
            (path, shape) -> {
              if (path.startsWith(prefix) && path.endsWith(WEIGHT) && shape.length > 1) {
                changes.put(path, Change.of(path, shape, rank));
              }
            });
  }

  @Override
  public void ask(Parameters parameters) {
    changes
        .values()
        .forEach(
            change -> {
              change.down(parameters.source());
              change.up(parameters.source());
            });
  }

  /** Sums weights and changes, so that what follows costs no more than without. */
  @Override
  public DenoiserModel model(Parameters parameters) {
    return family.model(Parameters.of(new Changed(parameters.source())));
  }

  /** The base with the changes that {@code trained} holds the factors of. */
  private final class Changed implements ParameterSource {
    private final ParameterSource trained;

    Changed(ParameterSource trained) {
      this.trained = trained;
    }

    @Override
    public Tensor parameter(String path, Init init, long... shape) {
      Tensor weight = base.parameter(path, init, shape);
      @Nullable Change change = changes.get(path);
      if (change == null) {
        return weight;
      }
      Tensor up = change.up(trained).reshape(shape[0], -1); // [out, rank]
      Tensor down = change.down(trained).reshape(up.size(1), -1); // [rank, in · …]
      return weight.add(up.matmul(down).reshape(shape));
    }

    @Override
    public boolean has(String path) {
      return base.has(path);
    }
  }

  @Override
  public String denoiser() {
    return family.denoiser();
  }

  @Override
  public List<String> textEncoders() {
    return family.textEncoders();
  }

  @Override
  public Scheduler scheduler() {
    return family.scheduler();
  }

  @Override
  public int patch() {
    return family.patch();
  }

  @Override
  public boolean mayBeginFresh(String path) {
    return false;
  }

  @Override
  public void exportWeights(FlatParameters weights, Path folder) {
    DiffusersFolder.copyFiles(base.folder().resolve(denoiser()), folder.resolve(denoiser()));
    for (String name : textEncoders()) {
      DiffusersFolder.copyFiles(base.folder().resolve(name), folder.resolve(name));
    }
    SafetensorsWriter.write(folder.resolve(FILE), weights.all());
  }

  @Override
  public void exportSurroundings(Path folder) {
    family.exportSurroundings(folder);
  }
}
