package io.lssgen.cli;

import io.lssgen.eval.DetectorConfig;
import io.lssgen.eval.SceneDetector;
import io.lssgen.scenes.SceneVocabulary;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.ParameterShapes;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A scene detector that sees nothing, whatever it is shown. */
final class TinyDetector {
  private TinyDetector() {}

  static Path create(Path folder) throws IOException {
    DetectorConfig config =
        DetectorConfig.of(SceneVocabulary.standard(), 32, List.of(4, 4, 4), List.of(0, 1, 0), 2);
    try (TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> weights = new LinkedHashMap<>();
      ParameterShapes.of(root -> new SceneDetector(root, config), path -> true)
          .forEach((path, shape) -> weights.put(path, Tensors.zeros(DType.F32, shape)));
      Objects.requireNonNull(weights.get("objectness.bias")).addInPlace(-9);
      SafetensorsWriter.write(folder.resolve("model.safetensors"), weights);
      Objects.requireNonNull(scope);
    }
    Files.writeString(folder.resolve("config.json"), config.json().toString());
    return folder;
  }
}
