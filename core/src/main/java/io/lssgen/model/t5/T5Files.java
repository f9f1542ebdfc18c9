package io.lssgen.model.t5;

import io.lssgen.model.Components;
import io.lssgen.model.Consistency;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.WantedComponent;
import io.lssgen.text.T5Tokenizer;
import java.util.List;

/**
 * A T5 encoder of a model and its tokenizer, without its weights.
 *
 * @param names of the two components
 */
public record T5Files(Names names, T5Tokenizer tokenizer, T5Config config) {
  /**
   * The components' names.
   *
   * @param encoder {@code text_encoder_2} in FLUX.1, {@code text_encoder_3} in Stable Diffusion 3
   * @param tokenizer likewise
   */
  public record Names(String encoder, String tokenizer) {
    /** Both, of the classes that they may be of. */
    public List<WantedComponent> wanted() {
      return List.of(
          WantedComponent.of(encoder, "T5EncoderModel"),
          WantedComponent.of(
              tokenizer, "T5TokenizerFast", "T5Tokenizer", "PreTrainedTokenizerFast"));
    }
  }

  /**
   * A model's own.
   *
   * @param textWidth {@code joint_attention_dim} of its transformer, which reads the states
   * @throws io.lssgen.errors.ModelException if one is missing, damaged, or does not go with the
   *     others
   */
  public static T5Files of(ModelIndex index, Names names, int textWidth) {
    T5Config config = T5Config.of(index.config(names.encoder));
    Consistency.requireEqual(
        index,
        "d_model of " + names.encoder,
        config.width(),
        "joint_attention_dim of transformer",
        textWidth);
    T5Tokenizer tokenizer = index.t5Tokenizer(names.tokenizer);
    Consistency.requireVocabulary(index, names.encoder, tokenizer, config.vocabularySize());
    return new T5Files(names, tokenizer, config);
  }

  /**
   * Loads the weights.
   *
   * @param most tokens of a prompt
   */
  public T5Reader load(ModelIndex index, Components components, LoadOptions options, int most) {
    return new T5Reader(
        tokenizer,
        components.load(names.encoder, T5Keys::once, p -> new T5Encoder(p, config)),
        index.tokenLimit(names.tokenizer, most),
        options.types().of(names.encoder));
  }
}
