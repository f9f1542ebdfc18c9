package io.lssgen.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.flux.FluxTransformer;
import io.lssgen.model.sd3.Sd3Config;
import io.lssgen.model.sd3.Sd3Transformer;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.t5.T5Encoder;
import io.lssgen.model.unet.UNet;
import io.lssgen.model.unet.UNetConfig;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import io.lssgen.weights.SafetensorsFile;
import io.lssgen.weights.SafetensorsWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** Components of models compared, and files made of others' tensors. */
final class ModelWeights {
  private ModelWeights() {}

  /** Both load the same parameters, to the bit. */
  static void assertSame(ModelIndex expected, ModelIndex found, String component, DType type) {
    try (ParameterTree wanted = load(expected, component, type);
        ParameterTree loaded = load(found, component, type)) {
      assertThat(loaded.tensors().keySet())
          .isNotEmpty()
          .containsExactlyInAnyOrderElementsOf(wanted.tensors().keySet());
      wanted
          .tensors()
          .forEach(
              (name, tensor) -> {
                Tensor other = loaded.tensors().get(name);
                assertThat(other.shape()).as(name).isEqualTo(tensor.shape());
                assertThat(other.toFloatArray()).as(name).isEqualTo(tensor.toFloatArray());
              });
    }
  }

  /** The parameters that a component's network asks for; the caller closes them. */
  static ParameterTree load(ModelIndex index, String component, DType type) {
    ModelConfig config = index.config(component);
    Consumer<Parameters> model =
        switch (index.components().get(component)) {
          case "UNet2DConditionModel" -> p -> new UNet(p, UNetConfig.of(config));
          case "AutoencoderKL" -> p -> new AutoencoderKl(p, AutoencoderKlConfig.of(config));
          case "FluxTransformer2DModel" ->
              p -> new FluxTransformer(p, FluxConfig.of(config)).close();
          case "SD3Transformer2DModel" -> p -> new Sd3Transformer(p, Sd3Config.of(config));
          case "T5EncoderModel" -> p -> new T5Encoder(p, T5Config.of(config));
          default -> p -> new ClipTextModel(p, ClipTextConfig.of(config));
        };
    KeyMap t5 = KeyMap.builder().drop("encoder.embed_tokens.weight").build();
    try (Checkpoint weights = index.weights(component)) {
      return ParameterTree.load(weights, t5, type, model);
    }
  }

  /** Writes the tensors whose names {@code rename} keeps, under the names that it gives. */
  static Path rewrite(Path source, Path target, UnaryOperator<String> rename) {
    SafetensorsFile file = SafetensorsFile.open(source);
    try (TensorScope scope = TensorScope.open();
        file) {
      Map<String, Tensor> tensors = new HashMap<>();
      for (String tensor : file.entries().keySet()) {
        String renamed = rename.apply(tensor);
        if (!renamed.isEmpty()) {
          tensors.put(renamed, file.tensor(tensor));
        }
      }
      SafetensorsWriter.write(target, tensors);
      assertThat(scope).isNotNull();
    }
    return target;
  }

  /** The name behind the prefix; empty if it does not begin with it. */
  static String without(String prefix, String name) {
    return name.startsWith(prefix) ? name.substring(prefix.length()) : "";
  }
}
