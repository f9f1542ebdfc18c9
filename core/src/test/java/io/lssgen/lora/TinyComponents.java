package io.lssgen.lora;

import static io.lssgen.model.GoldenTensors.ROOT;

import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.flux.FluxTransformer;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.t5.T5Encoder;
import io.lssgen.model.unet.UNet;
import io.lssgen.model.unet.UNetConfig;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;
import io.lssgen.weights.ParameterTree;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The parameters of the golden files' tiny models, by component, as their families load them. */
final class TinyComponents implements AutoCloseable {
  private final Map<String, ParameterTree> trees = new LinkedHashMap<>();

  /** FLUX: both text encoders and the transformer of {@code folder}. */
  static TinyComponents flux(Path folder, DType type) {
    TinyComponents all = new TinyComponents();
    all.clip("text_encoder", folder.resolve("text_encoder"), type);
    T5Config t5 = T5Config.of(config(folder.resolve("text_encoder_2")));
    all.load("text_encoder_2", folder.resolve("text_encoder_2"), type, p -> new T5Encoder(p, t5));
    FluxConfig flux = fluxConfig(folder);
    all.load(
        "transformer",
        folder.resolve("transformer"),
        type,
        p -> new FluxTransformer(p, flux).close());
    return all;
  }

  static FluxConfig fluxConfig(Path folder) {
    return FluxConfig.of(config(folder.resolve("transformer")));
  }

  /** A UNet and one text encoder, or two for the form xl. */
  static TinyComponents unet(String form) {
    TinyComponents all = new TinyComponents();
    all.clip("text_encoder", ROOT.resolve("flux-tiny/text_encoder"), DType.F32);
    if (form.equals("xl")) {
      all.clip("text_encoder_2", ROOT.resolve("text-encoders/clip-projection"), DType.F32);
    }
    UNetConfig unet = unetConfig(form);
    all.load("unet", ROOT.resolve("unet/" + form), DType.F32, p -> new UNet(p, unet));
    return all;
  }

  static UNetConfig unetConfig(String form) {
    return UNetConfig.of(config(ROOT.resolve("unet/" + form)));
  }

  private void clip(String name, Path folder, DType type) {
    ClipTextConfig config = ClipTextConfig.of(config(folder));
    load(name, folder, type, p -> new ClipTextModel(p, config));
  }

  private void load(String name, Path folder, DType type, Consumer<Parameters> model) {
    KeyMap names =
        KeyMap.builder()
            .drop("text_model.embeddings.position_ids")
            .drop("encoder.embed_tokens.weight")
            .build();
    try (Checkpoint weights = Checkpoint.open(folder)) {
      trees.put(name, ParameterTree.load(weights, names, type, model));
    }
  }

  private static ModelConfig config(Path folder) {
    return ModelConfig.read(folder.resolve("config.json"));
  }

  Map<String, ParameterTree> trees() {
    return trees;
  }

  /** What was added to each parameter that is not as in its file, by component and path. */
  Map<String, Tensor> changes() {
    Map<String, Tensor> changes = new TreeMap<>();
    trees.forEach(
        (component, tree) -> {
          try (ParameterTree.Originals originals = tree.originals()) {
            tree.tensors()
                .forEach(
                    (path, tensor) -> {
                      Tensor change = tensor.sub(originals.read(path));
                      if (change.abs().sum().item() > 0) {
                        changes.put(component + "." + path, change);
                      }
                    });
          }
        });
    return changes;
  }

  /** A parameter by its component and path, with the published prefix of CLIP or without. */
  Tensor parameter(String name) {
    int dot = name.indexOf('.');
    ParameterTree tree = tree(name.substring(0, dot));
    String path = name.substring(dot + 1);
    Tensor found = tree.tensors().get(path);
    Tensor bare = tree.tensors().get(path.replace("text_model.", ""));
    if (found == null && bare == null) {
      throw new AssertionError("no parameter " + name);
    }
    return found == null ? bare : found;
  }

  ParameterTree tree(String component) {
    ParameterTree tree = trees.get(component);
    if (tree == null) {
      throw new AssertionError("no component " + component + " among " + trees.keySet());
    }
    return tree;
  }

  @Override
  public void close() {
    trees.values().forEach(ParameterTree::close);
  }
}
