package io.lssgen.train;

import static java.util.Objects.requireNonNull;

import io.lssgen.model.Conditioning;
import io.lssgen.model.Denoiser;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.flux.FluxDenoiser;
import io.lssgen.model.flux.FluxPromptEncoder;
import io.lssgen.model.flux.FluxTransformer;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.t5.T5Encoder;
import io.lssgen.model.t5.T5Reader;
import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.scenes.Mention;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.text.T5Tokenizer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a FLUX model that are trained together, over one tree of parameters: {@code
 * transformer}, {@code text_encoder} (CLIP) and {@code text_encoder_2} (T5).
 */
final class FluxParts implements DenoiserModel {
  /** The configurations of the parts. */
  record Config(FluxConfig transformer, ClipTextConfig clip, T5Config t5) {
    Config {
      requireEqual("pooled_projection_dim", transformer.pooledWidth(), "hidden_size", clip.width());
      requireEqual("joint_attention_dim", transformer.textWidth(), "d_model", t5.width());
    }

    private static void requireEqual(String name, int value, String other, int otherValue) {
      if (value != otherValue) {
        throw new IllegalArgumentException(
            "%s of the transformer must be its text encoder's %s = %d, found %d"
                .formatted(name, other, otherValue, value));
      }
    }
  }

  /**
   * The tokenizers and how many tokens of each every caption is cut or padded to.
   *
   * @param clipLength tokens of CLIP's captions
   * @param t5Length tokens of T5's captions
   */
  record Texts(
      ClipTokenizer clipTokenizer, int clipLength, T5Tokenizer t5Tokenizer, int t5Length) {}

  /**
   * What is read off while it learns, by readers that are not part of the model that is exported.
   *
   * @param things how many things the denoiser's tokens tell apart, nothing among them; 0: they are
   *     not read
   * @param parts whether they also tell which part of it they hold
   * @param words whether T5's states are read
   */
  record Readers(int things, boolean parts, boolean words) {
    static final Readers NONE = new Readers(0, false, false);
  }

  private static final String TOKENS = "reader";
  private static final String PARTS = "part_reader";
  private static final String WORDS = "word_reader";

  private static final double EPS = 1e-6;

  private final FluxTransformer transformer;
  private final FluxPromptEncoder prompts;
  private final Texts texts;
  private final @Nullable Linear reader;
  private final @Nullable Linear partReader;
  private final @Nullable Linear wordReader;
  private final DType type;

  /**
   * @param type the type to compute in
   * @throws IllegalArgumentException if captions of these lengths cannot be read
   */
  FluxParts(Parameters parameters, Config config, Texts texts, Readers readers, DType type) {
    requireLengths(config, texts);
    this.type = type;
    transformer = new FluxTransformer(parameters.child("transformer"), config.transformer());
    int width = config.transformer().width();
    reader = readers.things() > 0 ? reader(parameters, TOKENS, width, readers.things()) : null;
    partReader = readers.parts() ? reader(parameters, PARTS, width, CaptionedImages.PARTS) : null;
    wordReader =
        readers.words() ? reader(parameters, WORDS, config.t5().width(), WordPlaces.COUNT) : null;
    this.texts = texts;
    ClipTextModel clip = new ClipTextModel(parameters.child("text_encoder"), config.clip());
    T5Encoder t5 = new T5Encoder(parameters.child("text_encoder_2"), config.t5());
    prompts =
        new FluxPromptEncoder(
            new FluxPromptEncoder.Clip(texts.clipTokenizer(), clip, texts.clipLength(), type),
            new T5Reader(texts.t5Tokenizer(), t5, texts.t5Length(), type));
  }

  /** A fresh one knows nothing. */
  private static Linear reader(Parameters parameters, String name, int width, int classes) {
    return new Linear(parameters.child(name), width, classes, true, Init.ZEROS);
  }

  /** Whether the parameter at a path is a reader's. */
  static boolean isReader(String path) {
    return List.of(TOKENS, PARTS, WORDS).contains(path.replaceFirst("\\..*", ""));
  }

  /** Fails now where the first captions would. */
  private static void requireLengths(Config config, Texts texts) {
    texts.clipTokenizer().encode("", texts.clipLength());
    texts.t5Tokenizer().encode("", texts.t5Length());
    if (texts.clipLength() > config.clip().maxLength()) {
      throw new IllegalArgumentException(
          "clip_length is "
              + texts.clipLength()
              + ", but max_position_embeddings of text_encoder is "
              + config.clip().maxLength()
              + "; lower the one or raise the other");
    }
  }

  @Override
  public Conditioning encode(List<String> captions) {
    return prompts.read(captions);
  }

  @Override
  public boolean takesGuidance() {
    return transformer.config().guidance();
  }

  /** The velocity; times are noise levels in [0, 1]. */
  @Override
  public Tensor predict(
      Tensor latents, Tensor times, Conditioning text, @Nullable Tensor guidance) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(outputs(latents, times, text, guidance).velocity().to(DType.F32));
    }
  }

  private FluxTransformer.Outputs outputs(
      Tensor latents, Tensor times, Conditioning text, @Nullable Tensor guidance) {
    Tensor pooled = requireNonNull(text.pooled(), "FLUX wants a pooled text vector");
    return transformer.outputs(latents.to(type), times, pooled, text.states(), guidance);
  }

  @Override
  public Read read(Tensor latents, Tensor times, Conditioning text, @Nullable Tensor guidance) {
    if (reader == null && partReader == null) {
      return DenoiserModel.super.read(latents, times, text, guidance); // which is refused
    }
    try (TensorScope scope = TensorScope.open()) {
      FluxTransformer.Outputs outputs = outputs(latents, times, text, guidance);
      Tensor tokens = Functional.layerNorm(outputs.tokens(), null, null, EPS); // [B, T, D]
      return new Read(
          scope.keep(outputs.velocity().to(DType.F32)),
          told(scope, reader, tokens),
          told(scope, partReader, tokens));
    }
  }

  private static @Nullable Tensor told(TensorScope scope, @Nullable Linear reader, Tensor tokens) {
    if (reader == null) {
      return null;
    }
    Tensor logits = reader.forward(tokens).to(DType.F32); // [B, T, classes]
    return scope.keep(logits.reshape(-1, logits.size(2)));
  }

  @Override
  public Told readWords(Conditioning text, List<String> captions, List<List<Mention>> mentions) {
    Linear reader = requireNonNull(wordReader, "a model whose words are read has a reader");
    long[] places = WordPlaces.of(texts.t5Tokenizer(), captions, mentions, texts.t5Length());
    try (TensorScope scope = TensorScope.open()) {
      Tensor logits = reader.forward(text.states()).to(DType.F32);
      return new Told(scope.keep(logits.reshape(-1, WordPlaces.COUNT)), places);
    }
  }

  @Override
  public Denoiser denoiser() {
    return new FluxDenoiser(transformer, type, false);
  }

  @Override
  public void close() {
    transformer.close();
  }
}
