package io.lssgen.model.clip;

import io.lssgen.model.Components;
import io.lssgen.model.Consistency;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelIndex;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.weights.KeyMap;

/** A CLIP text encoder of a model and its tokenizer, without its weights. */
public record ClipEncoder(String name, ClipTokenizer tokenizer, ClipTextConfig config) {
  private static final String PROJECTION = "text_projection.weight";

  /**
   * One of a model's.
   *
   * @param at counted from 0
   * @throws io.lssgen.errors.ModelException if it is missing or damaged
   */
  public static ClipEncoder of(ModelIndex index, int at) {
    String name = "text_encoder" + number(at);
    ClipTextConfig config = ClipTextConfig.of(index.config(name));
    ClipTokenizer tokenizer = index.clipTokenizer("tokenizer" + number(at));
    Consistency.requireVocabulary(index, name, tokenizer, config.vocabularySize());
    return new ClipEncoder(name, tokenizer, config);
  }

  /** How diffusers numbers the components of one kind: the first has no number. */
  public static String number(int index) {
    return index == 0 ? "" : "_" + (index + 1);
  }

  /**
   * Without its projection, as Stable Diffusion 3 reads CLIP-L: published folders have one that
   * changes nothing, and files may have none, or the one of another use.
   */
  public ClipEncoder withoutProjection() {
    return new ClipEncoder(name, tokenizer, config.withoutProjection());
  }

  private KeyMap names() {
    return config.projectionWidth() == 0
        ? KeyMap.builder().drop(PROJECTION).build()
        : KeyMap.identity();
  }

  public ClipReader load(Components components, LoadOptions options) {
    return new ClipReader(
        tokenizer,
        components.load(name, weights -> names(), p -> new ClipTextModel(p, config)),
        options.types().of(name));
  }
}
