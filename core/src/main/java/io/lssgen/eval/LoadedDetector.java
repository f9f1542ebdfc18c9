package io.lssgen.eval;

import io.lssgen.errors.ModelException;
import io.lssgen.image.RgbImage;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import java.nio.file.Path;
import java.util.List;

/**
 * A trained detector with the weights that it owns.
 *
 * @param network the network
 * @param weights freed by {@link #close()}
 */
public record LoadedDetector(SceneDetector network, ParameterTree weights)
    implements AutoCloseable {

  /**
   * Loads a folder with {@code config.json} and {@code model.safetensors}; computes in fp32.
   *
   * @throws ModelException if files are missing or damaged, or do not belong together
   */
  public static LoadedDetector open(Path folder) {
    DetectorConfig config = DetectorConfig.of(ModelConfig.read(folder.resolve("config.json")));
    try (Checkpoint file = Checkpoint.open(folder)) {
      ParameterTree tree =
          ParameterTree.load(
              file, KeyMap.identity(), DType.F32, root -> new SceneDetector(root, config));
      return new LoadedDetector(new SceneDetector(Parameters.of(tree), config), tree);
    }
  }

  /** What is in a picture, which must be square; its size does not matter. */
  public DetectedScene detect(RgbImage image) {
    try (TensorScope scope = TensorScope.open();
        GradMode off = GradMode.disabled()) {
      return detect(network, List.of(image), DType.F32).get(0);
    }
  }

  /**
   * What a network sees in square pictures. Tensors made meanwhile belong to the open scope.
   *
   * @param type what to compute in
   */
  public static List<DetectedScene> detect(
      SceneDetector network, List<RgbImage> images, DType type) {
    DetectionDecoder decoder = new DetectionDecoder(network.config());
    SceneDetector.Maps maps =
        network.forward(DetectorInput.of(images, network.config().side()).to(type));
    return java.util.stream.IntStream.range(0, images.size())
        .mapToObj(
            i ->
                decoder.decode(
                    maps.objectness().select(0, i).toFloatArray(),
                    maps.classes().select(0, i).toFloatArray(),
                    maps.boxes().select(0, i).toFloatArray(),
                    maps.background().select(0, i).toFloatArray()))
        .toList();
  }

  /** Frees the weights. The network can no longer be used. */
  @Override
  public void close() {
    weights.close();
  }
}
