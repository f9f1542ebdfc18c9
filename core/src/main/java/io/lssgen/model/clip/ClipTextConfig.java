package io.lssgen.model.clip;

import io.lssgen.errors.ModelException;
import io.lssgen.model.Sizes;
import io.lssgen.weights.ModelConfig;
import java.util.Set;

/**
 * The configuration of transformers' {@code CLIPTextModel} and {@code CLIPTextModelWithProjection}.
 *
 * @param vocabularySize number of token ids
 * @param width width of the hidden states
 * @param innerWidth width within each feed-forward part
 * @param layers number of layers
 * @param heads attention heads of a layer
 * @param maxLength longest prompt in tokens
 * @param activation of the feed-forward parts
 * @param eps of the normalisations
 * @param endId the token whose hidden state is the pooled one; 2 is what old files say and means
 *     the token with the highest id
 * @param projectionWidth width of the projected pooled state, 0 without a projection
 */
public record ClipTextConfig(
    int vocabularySize,
    int width,
    int innerWidth,
    int layers,
    int heads,
    int maxLength,
    Activation activation,
    double eps,
    int endId,
    int projectionWidth) {

  /** Fields of transformers' {@code CLIPTextConfig} that say what the model is. */
  public static final Set<String> FIELDS =
      Set.of(
          "architectures",
          "model_type",
          "vocab_size",
          "hidden_size",
          "intermediate_size",
          "num_hidden_layers",
          "num_attention_heads",
          "max_position_embeddings",
          "hidden_act",
          "layer_norm_eps",
          "bos_token_id",
          "eos_token_id",
          "pad_token_id",
          "projection_dim",
          "attention_dropout",
          "initializer_factor",
          "initializer_range");

  private static final String MODEL = "CLIP text encoder";

  /** What old files say instead of the end token's id. */
  static final int LEGACY_END_ID = 2;

  /** The activations that CLIP's text encoders use. */
  public enum Activation {
    /** x · sigmoid(1.702 x). */
    QUICK_GELU,
    /** With the error function. */
    GELU
  }

  public ClipTextConfig {
    Sizes.require(MODEL, "hidden_size", width, Sizes.MOST);
    Sizes.require(MODEL, "num_attention_heads", heads, Sizes.MOST_PARTS);
    if (width % heads != 0) {
      throw new ModelException(
          MODEL
              + ": hidden_size "
              + width
              + " does not divide into num_attention_heads = "
              + heads);
    }
    Sizes.require(MODEL, "vocab_size", vocabularySize, Sizes.MOST);
    Sizes.require(MODEL, "intermediate_size", innerWidth, Sizes.MOST);
    Sizes.require(MODEL, "num_hidden_layers", layers, Sizes.MOST_PARTS);
    Sizes.require(MODEL, "max_position_embeddings", maxLength, Sizes.MOST);
    Sizes.require(MODEL, "projection_dim", projectionWidth, 0, Sizes.MOST);
  }

  /** Reads transformers' {@code text_encoder/config.json}; absent fields have its defaults. */
  public static ClipTextConfig of(ModelConfig config) {
    return new ClipTextConfig(
        config.integer("vocab_size", 49408),
        config.integer("hidden_size", 512),
        config.integer("intermediate_size", 2048),
        config.integer("num_hidden_layers", 12),
        config.integer("num_attention_heads", 8),
        config.integer("max_position_embeddings", 77),
        activation(config),
        config.number("layer_norm_eps", 1e-5),
        config.integer("eos_token_id", 49407),
        projects(config) ? config.integer("projection_dim", 512) : 0);
  }

  private static Activation activation(ModelConfig config) {
    String name = config.text("hidden_act", "quick_gelu");
    return switch (name) {
      case "quick_gelu" -> Activation.QUICK_GELU;
      case "gelu" -> Activation.GELU;
      default ->
          throw new ModelException(
              config.origin() + ": hidden_act wants quick_gelu or gelu, found " + name);
    };
  }

  /** Width of the pooled state, projected where there is a projection. */
  public int pooledWidth() {
    return projectionWidth == 0 ? width : projectionWidth;
  }

  /** The same without a projection. */
  ClipTextConfig withoutProjection() {
    return new ClipTextConfig(
        vocabularySize, width, innerWidth, layers, heads, maxLength, activation, eps, endId, 0);
  }

  /** projection_dim is written even without a projection: the class decides. */
  private static boolean projects(ModelConfig config) {
    return config
        .fields()
        .path("architectures")
        .path(0)
        .asText("")
        .equals("CLIPTextModelWithProjection");
  }
}
