package io.lssgen.model.t5;

import io.lssgen.errors.ModelException;
import io.lssgen.model.Sizes;
import io.lssgen.weights.ModelConfig;
import java.util.Set;

/**
 * The configuration of transformers' {@code T5EncoderModel}.
 *
 * @param vocabularySize number of token ids
 * @param width width of the hidden states
 * @param headWidth width of an attention head
 * @param heads attention heads of a layer
 * @param innerWidth width within each feed-forward part
 * @param layers number of layers
 * @param buckets how many distances between tokens are told apart, both directions together; even
 * @param maxDistance tokens at least this far apart share one bucket per direction
 * @param feedForward kind of the feed-forward parts
 * @param eps of the normalisations
 */
public record T5Config(
    int vocabularySize,
    int width,
    int headWidth,
    int heads,
    int innerWidth,
    int layers,
    int buckets,
    int maxDistance,
    FeedForward feedForward,
    double eps) {

  /** Fields of transformers' {@code T5Config} that say what the encoder is. */
  public static final Set<String> FIELDS =
      Set.of(
          "architectures",
          "model_type",
          "vocab_size",
          "d_model",
          "d_kv",
          "num_heads",
          "d_ff",
          "num_layers",
          "relative_attention_num_buckets",
          "relative_attention_max_distance",
          "feed_forward_proj",
          "is_gated_act",
          "dense_act_fn",
          "layer_norm_epsilon",
          "is_decoder",
          "is_encoder_decoder",
          "tie_word_embeddings",
          "eos_token_id",
          "pad_token_id",
          "decoder_start_token_id",
          "dropout_rate",
          "classifier_dropout",
          "initializer_factor",
          "num_decoder_layers",
          "use_cache");

  private static final String MODEL = "T5 encoder";

  /** Kinds of feed-forward parts. */
  public enum FeedForward {
    /** T5 1.0: relu between two matrices. */
    RELU,
    /** T5 1.1: a product of a gelu (with tanh) and a linear branch between matrices. */
    GATED_GELU
  }

  public T5Config {
    Sizes.require(MODEL, "vocab_size", vocabularySize, Sizes.MOST);
    Sizes.require(MODEL, "d_model", width, Sizes.MOST);
    Sizes.require(MODEL, "d_kv", headWidth, Sizes.MOST_PARTS);
    Sizes.require(MODEL, "num_heads", heads, Sizes.MOST_PARTS);
    Sizes.require(MODEL, "d_ff", innerWidth, Sizes.MOST);
    Sizes.require(MODEL, "num_layers", layers, Sizes.MOST_PARTS);
    Sizes.require(MODEL, "relative_attention_num_buckets", buckets, Sizes.MOST);
    Sizes.require(MODEL, "relative_attention_max_distance", maxDistance, Sizes.MOST);
    if (buckets < 4 || buckets % 4 != 0 || maxDistance <= buckets / 4) {
      throw new ModelException(
          MODEL
              + ": relative_attention_num_buckets must be a multiple of 4 and "
              + "relative_attention_max_distance above its quarter, found "
              + buckets
              + " and "
              + maxDistance);
    }
  }

  /** Reads transformers' {@code text_encoder_2/config.json}; absent fields have its defaults. */
  public static T5Config of(ModelConfig config) {
    return new T5Config(
        config.integer("vocab_size", 32128),
        config.integer("d_model", 512),
        config.integer("d_kv", 64),
        config.integer("num_heads", 8),
        config.integer("d_ff", 2048),
        config.integer("num_layers", 6),
        config.integer("relative_attention_num_buckets", 32),
        config.integer("relative_attention_max_distance", 128),
        feedForward(config),
        config.number("layer_norm_epsilon", 1e-6));
  }

  private static FeedForward feedForward(ModelConfig config) {
    String name = config.text("feed_forward_proj", "relu");
    return switch (name) {
      case "relu" -> FeedForward.RELU;
      case "gated-gelu" -> FeedForward.GATED_GELU;
      default ->
          throw new ModelException(
              config.origin() + ": feed_forward_proj wants relu or gated-gelu, found " + name);
    };
  }
}
