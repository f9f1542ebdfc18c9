package io.lssgen.model.mmdit;

import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Text and image with weights of their own that meet in one attention (MM-DiT, arXiv 2403.03206).
 *
 * <p>Legend: B batch, L text tokens, T image tokens, S = L + T, D width.
 */
public final class JointBlock {
  private final TokenStream image;
  private final TokenStream text;
  private final @Nullable Alone alone;

  /** The two streams: text [B, L, D], image [B, T, D]. */
  public record Streams(Tensor text, Tensor image) {}

  /**
   * What a block has.
   *
   * @param lastOfText whether text is read, but no longer written
   * @param dual whether the image also attends to itself alone, as in Stable Diffusion 3.5 medium
   */
  public record Kind(boolean lastOfText, boolean dual) {
    /** What most blocks have. */
    public static final Kind PLAIN = new Kind(false, false);
  }

  public JointBlock(Parameters parameters, Heads heads, Kind kind) {
    image =
        new TokenStream(
            parameters,
            TokenStream.Names.IMAGE,
            heads,
            kind.dual ? TokenStream.DUAL : TokenStream.PLAIN);
    text =
        new TokenStream(
            parameters,
            TokenStream.Names.TEXT,
            heads,
            kind.lastOfText ? TokenStream.LAST : TokenStream.PLAIN);
    alone = kind.dual ? new Alone(parameters.child("attn2"), heads) : null;
  }

  /**
   * @param conditioning [B, D], after SiLU
   * @param rotations of the tokens of text and image, [S, 1, E/2, 2] for heads of width E; null
   *     where positions are in the tokens
   * @return the text as it came where it is not written
   */
  public Streams forward(Streams in, Tensor conditioning, @Nullable Tensor rotations) {
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> imageParts = image.modulation(conditioning);
      List<Tensor> textParts = text.modulation(conditioning);
      QueryKeyValue.Parts both =
          text.parts(in.text, textParts).and(image.parts(in.image, imageParts));
      Tensor mixed = JointAttention.attend(both, rotations); // [B, S, D]
      long length = in.text.size(1);
      Tensor mixedImage = mixed.narrow(1, length, in.image.size(1));
      Tensor attended = image.attended(in.image, mixedImage, imageParts);
      if (alone != null) {
        attended = attended.add(alone.forward(in.image, imageParts));
      }
      Tensor newImage = scope.keep(image.fed(attended, imageParts));
      if (!text.isWritten()) {
        return new Streams(in.text, newImage);
      }
      Tensor newText = text.attended(in.text, mixed.narrow(1, 0, length), textParts);
      return new Streams(scope.keep(text.fed(newText, textParts)), newImage);
    }
  }

  /** The image's attention to itself, and what of its modulation that takes. */
  private static final class Alone {
    private static final int SHIFT = 6;

    private final QueryKeyValue parts;
    private final Linear out;

    Alone(Parameters parameters, Heads heads) {
      int width = heads.width();
      parts = new QueryKeyValue(parameters, QueryKeyValue.Names.IMAGE, heads);
      out =
          new Linear(
              parameters.child("to_out").child(0), width, width, true, Init.xavier(width, width));
    }

    /** Gated, to be added. */
    Tensor forward(Tensor image, List<Tensor> modulation) {
      Tensor normalised =
          Modulation.normalise(image, modulation.get(SHIFT), modulation.get(SHIFT + 1));
      Tensor mixed = JointAttention.attend(parts.forward(normalised), null);
      return out.forward(mixed).mul(modulation.get(SHIFT + 2));
    }
  }
}
