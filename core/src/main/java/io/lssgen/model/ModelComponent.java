package io.lssgen.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.lssgen.errors.ModelException;
import io.lssgen.files.UnfinishedDownloads;
import io.lssgen.model.clip.ClipKeys;
import io.lssgen.model.flux.FluxKeys;
import io.lssgen.model.sd3.Sd3Keys;
import io.lssgen.model.t5.T5Keys;
import io.lssgen.model.unet.UNetKeys;
import io.lssgen.model.vae.AutoencoderKlKeys;
import io.lssgen.model.vae.AutoencoderTinyConfig;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One component of a model: what it is, and where its configuration and weights come from. */
sealed interface ModelComponent {
  /** The class, as diffusers names it. */
  String type();

  /** The folder or file that it is in. */
  Path place();

  /** Whether there is something at its place. */
  default boolean isThere() {
    return true;
  }

  /** Fails with the reason if it is not there. */
  void require(String name);

  /** The configuration: {@code config.json}'s fields, or those of its like. */
  ModelConfig config();

  /** The weights in diffusers' names; the caller closes them. */
  Checkpoint weights();

  /** The file in a component's folder that has its configuration. */
  static String configFile(String type) {
    if (type.contains("Scheduler")) {
      return "scheduler_config.json";
    }
    return isTokenizer(type) ? "tokenizer_config.json" : "config.json";
  }

  /** Whether a component of this class has no weights. */
  static boolean isWeightless(String type) {
    return Stream.of("Tokenizer", "Scheduler", "Processor", "FeatureExtractor")
        .anyMatch(type::contains);
  }

  static boolean isTokenizer(String type) {
    return type.contains("Tokenizer");
  }

  /** The table from the names in files to diffusers', whose own names it leaves alone. */
  private static KeyMap names(ModelComponent component) {
    return switch (component.type()) {
      case "UNet2DConditionModel" -> UNetKeys.of(component.config());
      case "AutoencoderKL" -> AutoencoderKlKeys.of(component.config());
      case "FluxTransformer2DModel" -> FluxKeys.TABLE;
      case "SD3Transformer2DModel" -> Sd3Keys.of(component.config());
      case "CLIPTextModel" -> ClipKeys.PLAIN;
      case "CLIPTextModelWithProjection" -> ClipKeys.PROJECTED;
      case "T5EncoderModel" -> T5Keys.TABLE;
      default -> KeyMap.identity();
    };
  }

  /**
   * A component that stands in for a model's own.
   *
   * @param type the class of the model's own
   * @param config its configuration; null if it has none
   */
  static ModelComponent replacement(
      String name, Path place, String type, @Nullable ModelConfig config) {
    if (Files.isDirectory(place)) {
      return new InFolder(InFolder.type(place, type), place, null);
    }
    if (config == null || type.equals(AutoencoderTinyConfig.CLASS)) {
      throw new ModelException(
          "%s is a file; wanted a folder with its config.json as '%s', since the model's own is a %s"
              .formatted(place, name, type));
    }
    try (Checkpoint weights = Checkpoint.open(place)) {
      return new InFile(type, place, SingleFile.prefix(weights, name, type).orElse(""), config);
    }
  }

  /**
   * In a folder of its own.
   *
   * @param variant of the weights; null for the plain ones
   */
  record InFolder(String type, Path place, @Nullable String variant) implements ModelComponent {
    /** The class of what is in a folder that {@code expected} was expected in. */
    static String type(Path folder, String expected) {
      if (Checkpoint.hasHalves(folder)) {
        return AutoencoderTinyConfig.CLASS;
      }
      Path file = folder.resolve(configFile(expected));
      return Files.isRegularFile(file) && !isTokenizer(expected)
          ? ModelConfig.read(file).text("_class_name", expected)
          : expected;
    }

    @Override
    public boolean isThere() {
      return Files.isDirectory(place);
    }

    @Override
    public void require(String name) {
      if (!isThere()) {
        throw new ModelException(
            "the component '%s' is missing: there is no folder %s; fetch the whole model%s"
                .formatted(name, place, UnfinishedDownloads.hint(place.resolveSibling("."))));
      }
    }

    @Override
    public ModelConfig config() {
      Path file = place.resolve(configFile(type));
      // A tokenizer's folder can do without.
      return isTokenizer(type) && !Files.isRegularFile(file)
          ? new ModelConfig(file.toString(), JsonNodeFactory.instance.objectNode())
          : ModelConfig.read(file);
    }

    @Override
    public Checkpoint weights() {
      return Checkpoint.open(place, variant).renamed(names(this));
    }
  }

  /**
   * Among the tensors of a file.
   *
   * @param prefix of their names
   */
  record InFile(String type, Path place, String prefix, ModelConfig config)
      implements ModelComponent {
    @Override
    public void require(String name) {}

    @Override
    public Checkpoint weights() {
      return Checkpoint.open(place).within(prefix).renamed(names(this));
    }
  }

  /**
   * Without weights, as it was published.
   *
   * @param place the model's file
   */
  record Published(String type, Path place, ModelConfig config) implements ModelComponent {
    @Override
    public void require(String name) {}

    @Override
    public Checkpoint weights() {
      throw new IllegalStateException(type + " has no weights");
    }
  }

  /**
   * The vocabulary in the GGUF file of the text encoder that it is for.
   *
   * @param place that file
   */
  record InGguf(String type, Path place) implements ModelComponent {
    @Override
    public void require(String name) {}

    @Override
    public ModelConfig config() {
      return new ModelConfig(place.toString(), JsonNodeFactory.instance.objectNode());
    }

    @Override
    public Checkpoint weights() {
      throw new IllegalStateException(type + " has no weights");
    }
  }

  /**
   * Neither in the model's file nor anywhere else.
   *
   * @param place the model's file
   * @param problem what is missing and how it can be given
   */
  record Missing(String type, Path place, String problem) implements ModelComponent {
    @Override
    public boolean isThere() {
      return false;
    }

    @Override
    public void require(String name) {
      throw new ModelException(problem);
    }

    @Override
    public ModelConfig config() {
      throw new ModelException(problem);
    }

    @Override
    public Checkpoint weights() {
      throw new ModelException(problem);
    }
  }
}
