package io.lssgen.train;

import io.lssgen.model.Conditioning;
import io.lssgen.model.Denoiser;
import io.lssgen.scenes.Mention;
import io.lssgen.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A denoiser with its text encoders, over parameters that are trained or not. Gradients are
 * recorded where that is on; results belong to the scope that is open around the call.
 *
 * <p>Legend: B batch, C channels, h and w latents.
 */
interface DenoiserModel extends AutoCloseable {
  /** What the denoiser reads of captions, as generation reads prompts. */
  Conditioning encode(List<String> captions);

  /** Whether the guidance scale is an input. */
  boolean takesGuidance();

  /**
   * What the denoiser says of noisy latents.
   *
   * @param latents [B, C, h, w], any floating type
   * @param times [B], as the family's {@link NoiseProcess} counts them
   * @param text of B captions
   * @param guidance the guidance scale [B]; null if and only if none is taken
   * @return fp32 [B, C, h, w]
   */
  Tensor predict(Tensor latents, Tensor times, Conditioning text, @Nullable Tensor guidance);

  /**
   * As {@link #predict}, with what its tokens take to be where they are, half-way through.
   *
   * @return what it says, and logits of T places of each picture
   * @throws UnsupportedOperationException if the model was made without a reader of its tokens
   */
  default Read read(Tensor latents, Tensor times, Conditioning text, @Nullable Tensor guidance) {
    throw new UnsupportedOperationException("nothing reads this model's tokens");
  }

  /**
   * Where in the picture the words of captions take to be what they name.
   *
   * @param text of the captions, N tokens together
   * @param mentions in each caption
   * @throws UnsupportedOperationException if the model was made without a reader of words
   */
  default Told readWords(Conditioning text, List<String> captions, List<List<Mention>> mentions) {
    throw new UnsupportedOperationException("nothing reads this model's words");
  }

  /**
   * What {@link #readWords} gives back.
   *
   * @param logits fp32 [N, {@link WordPlaces#COUNT}]
   * @param places what they should say, [N], see {@link WordPlaces}
   */
  record Told(Tensor logits, long[] places) {
    public Told {
      places = places.clone();
    }
  }

  /**
   * What {@link #read} gives back.
   *
   * @param predicted what it says
   * @param things of what is there, fp32 [B · T, things]; null if the model was made without a
   *     reader of them
   * @param parts of which part of it, fp32 [B · T, {@link CaptionedImages#PARTS}]; null if the
   *     model was made without a reader of them
   */
  record Read(Tensor predicted, @Nullable Tensor things, @Nullable Tensor parts) {}

  /** The denoiser as sampling sees it; it dies with this object. */
  Denoiser denoiser();

  /** Frees what the parts cache; the parameters stay their source's. */
  @Override
  void close();
}
