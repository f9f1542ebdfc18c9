package io.lssgen.model.sd3;

import io.lssgen.model.mmdit.JointBlock;
import io.lssgen.model.mmdit.Modulation;
import io.lssgen.model.mmdit.TimeTextEmbedding;
import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * diffusers' {@code SD3Transformer2DModel} (MM-DiT, arXiv 2403.03206): predicts the velocity of a
 * rectified flow from noised latents, the time and a text. It computes in the type of the latents;
 * sinusoids and the statistics of norms are taken in fp32.
 *
 * <p>Legend: B batch, C latent channels, h and w latents, T = h·w/4 image tokens, L text tokens, D
 * width, P width of the pooled text.
 */
public final class Sd3Transformer {
  private final Sd3Config config;
  private final PatchEmbedding patches;
  private final Linear textIn;
  private final TimeTextEmbedding timeText;
  private final List<JointBlock> blocks = new ArrayList<>();
  private final Modulation modulationOut;
  private final Linear out;

  /**
   * @param parameters the cursor at the root of diffusers' names ({@code pos_embed.proj.weight}, …)
   */
  public Sd3Transformer(Parameters parameters, Sd3Config config) {
    this.config = config;
    int width = config.width();
    patches = new PatchEmbedding(parameters.child("pos_embed"), config);
    textIn =
        new Linear(
            parameters.child("context_embedder"),
            config.textWidth(),
            width,
            true,
            Init.xavier(config.textWidth(), width));
    timeText =
        new TimeTextEmbedding(
            parameters.child("time_text_embed"), width, config.pooledWidth(), false);
    Parameters list = parameters.child("transformer_blocks");
    for (int i = 0; i < config.blocks(); i++) {
      var kind = new JointBlock.Kind(i == config.blocks() - 1, config.dualBlocks().contains(i));
      blocks.add(new JointBlock(list.child(i), config.heads(), kind));
    }
    modulationOut = new Modulation(parameters.child("norm_out").child("linear"), width, 2);
    long values = (long) Sd3Config.PATCH * Sd3Config.PATCH * config.channels();
    out = new Linear(parameters.child("proj_out"), width, values, true, Init.ZEROS);
  }

  public Sd3Config config() {
    return config;
  }

  /**
   * @param latents [B, C, h, w], h and w even and at most twice {@link Sd3Config#positions()}, in
   *     the type to compute in
   * @param timestep [B] in [0, 1000], 1000 times the noise level
   * @param pooled [B, P]
   * @param text [B, L, text width]
   * @return the velocity (noise − data), [B, C, h, w]
   */
  public Tensor forward(Tensor latents, Tensor timestep, Tensor pooled, Tensor text) {
    requireLatents(latents);
    try (TensorScope scope = TensorScope.open()) {
      Tensor conditioning = // [B, D]
          Functional.silu(timeText.forward(timestep, null, pooled.to(latents.dtype())));
      var streams =
          new JointBlock.Streams(
              textIn.forward(text.to(latents.dtype())), // [B, L, D]
              patches.tokens(latents)); // [B, T, D]
      for (JointBlock block : blocks) {
        streams = block.forward(streams, conditioning, null);
      }
      List<Tensor> scaleShift = modulationOut.forward(conditioning);
      Tensor normalised =
          Modulation.normalise(streams.image(), scaleShift.get(1), scaleShift.get(0));
      return scope.keep(
          PatchEmbedding.latents(out.forward(normalised), latents.size(2), latents.size(3)));
    }
  }

  private void requireLatents(Tensor latents) {
    long[] shape = latents.shape();
    if (shape.length != 4
        || shape[1] != config.channels()
        || !isSide(shape[2])
        || !isSide(shape[3])) {
      throw new IllegalArgumentException(
          "Stable Diffusion 3 wants latents [B, %d, h, w] with even h and w up to %d, found %s"
              .formatted(config.channels(), most(), Arrays.toString(shape)));
    }
  }

  private boolean isSide(long latents) {
    return latents % Sd3Config.PATCH == 0 && latents <= most();
  }

  private long most() {
    return (long) Sd3Config.PATCH * config.positions();
  }
}
