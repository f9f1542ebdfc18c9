package io.lssgen.model.flux;

import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.List;

/**
 * Text and image with weights of their own that meet in one attention (MM-DiT, arXiv 2403.03206).
 *
 * <p>Legend: B batch, L text tokens, T image tokens, S = L + T, D width.
 */
final class DoubleBlock {
  private final Modulation imageModulation;
  private final Modulation textModulation;
  private final QueryKeyValue imageParts;
  private final QueryKeyValue textParts;
  private final Linear imageOut;
  private final Linear textOut;
  private final FeedForward imageFeedForward;
  private final FeedForward textFeedForward;

  /** The two streams: text [B, L, D], image [B, T, D]. */
  record Streams(Tensor text, Tensor image) {}

  DoubleBlock(Parameters parameters, FluxConfig config) {
    int width = config.width();
    Init init = Init.xavier(width, width);
    Parameters attention = parameters.child("attn");
    imageModulation = new Modulation(parameters.child("norm1").child("linear"), width, 6);
    textModulation = new Modulation(parameters.child("norm1_context").child("linear"), width, 6);
    imageParts = new QueryKeyValue(attention, QueryKeyValue.Names.IMAGE, config);
    textParts = new QueryKeyValue(attention, QueryKeyValue.Names.TEXT, config);
    imageOut = new Linear(attention.child("to_out").child(0), width, width, true, init);
    textOut = new Linear(attention.child("to_add_out"), width, width, true, init);
    imageFeedForward = new FeedForward(parameters.child("ff"), width);
    textFeedForward = new FeedForward(parameters.child("ff_context"), width);
  }

  /** The conditioning is [B, D], after SiLU; rotations as {@link RotaryEmbedding} gives them. */
  Streams forward(Streams in, Tensor conditioning, Tensor rotations) {
    try (TensorScope scope = TensorScope.open()) {
      List<Tensor> image = imageModulation.forward(conditioning);
      List<Tensor> text = textModulation.forward(conditioning);
      Tensor mixed = // [B, S, D]
          attend(
              textParts.forward(Modulation.normalise(in.text, text.get(0), text.get(1))),
              imageParts.forward(Modulation.normalise(in.image, image.get(0), image.get(1))),
              rotations);
      long length = in.text.size(1);
      Tensor mixedText = textOut.forward(mixed.narrow(1, 0, length));
      Tensor mixedImage = imageOut.forward(mixed.narrow(1, length, in.image.size(1)));
      return new Streams(
          scope.keep(rest(in.text, mixedText, text, textFeedForward)),
          scope.keep(rest(in.image, mixedImage, image, imageFeedForward)));
    }
  }

  private static Tensor attend(
      QueryKeyValue.Parts text, QueryKeyValue.Parts image, Tensor rotations) {
    return RotaryAttention.attend(
        Tensors.cat(List.of(text.query(), image.query()), 1),
        Tensors.cat(List.of(text.key(), image.key()), 1),
        Tensors.cat(List.of(text.value(), image.value()), 1),
        rotations);
  }

  /** Adds the gated attention, then the gated feed-forward, to a stream. */
  private static Tensor rest(
      Tensor stream, Tensor mixed, List<Tensor> modulation, FeedForward feedForward) {
    Tensor attended = stream.addcmul(modulation.get(2), mixed);
    Tensor hidden =
        feedForward.forward(Modulation.normalise(attended, modulation.get(3), modulation.get(4)));
    return attended.addcmul(modulation.get(5), hidden);
  }
}
