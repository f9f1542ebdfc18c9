package io.lssgen.model.flux;

import io.lssgen.model.ImageModel;
import io.lssgen.model.mmdit.JointBlock;
import io.lssgen.model.mmdit.Modulation;
import io.lssgen.model.mmdit.TimeTextEmbedding;
import io.lssgen.nn.Init;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * diffusers' {@code FluxTransformer2DModel}: predicts the velocity of a rectified flow (arXiv
 * 2403.03206) from noised latents, the time and a text. Every operation is out of place, so that
 * gradients can be taken through it.
 *
 * <p>It computes in the type of the latents; sinusoids, rotations and the statistics of norms are
 * taken in fp32.
 *
 * <p>Legend: B batch, C latent channels, I those with what is shown beside them, h and w latents, T
 * = h·w/4 image tokens, L text tokens, S = L + T, D width, P width of the pooled text.
 */
public final class FluxTransformer implements ImageModel.Resource {
  private static final double THOUSANDTHS = 1000;

  private final FluxConfig config;
  private final RotaryEmbedding rotary;
  private final Linear imageIn;
  private final Linear textIn;
  private final TimeTextEmbedding timeText;
  private final List<JointBlock> doubleBlocks = new ArrayList<>();
  private final List<SingleBlock> singleBlocks = new ArrayList<>();
  private final Modulation modulationOut;
  private final Linear out;

  /**
   * @param parameters the cursor at the root of diffusers' names ({@code x_embedder.weight}, …)
   */
  public FluxTransformer(Parameters parameters, FluxConfig config) {
    this.config = config;
    int width = config.width();
    rotary = new RotaryEmbedding(config.rotaryAxes());
    imageIn = in(parameters.child("x_embedder"), config.inChannels(), width);
    textIn = in(parameters.child("context_embedder"), config.textWidth(), width);
    timeText =
        new TimeTextEmbedding(
            parameters.child("time_text_embed"), width, config.pooledWidth(), config.guidance());
    Parameters blocks = parameters.child("transformer_blocks");
    for (int i = 0; i < config.doubleBlocks(); i++) {
      doubleBlocks.add(new JointBlock(blocks.child(i), config.blockHeads(), JointBlock.Kind.PLAIN));
    }
    Parameters singles = parameters.child("single_transformer_blocks");
    for (int i = 0; i < config.singleBlocks(); i++) {
      singleBlocks.add(new SingleBlock(singles.child(i), config));
    }
    modulationOut = new Modulation(parameters.child("norm_out").child("linear"), width, 2);
    out = new Linear(parameters.child("proj_out"), width, config.outChannels(), true, Init.ZEROS);
  }

  private static Linear in(Parameters parameters, int in, int width) {
    return new Linear(parameters, in, width, true, Init.xavier(in, width));
  }

  public FluxConfig config() {
    return config;
  }

  /**
   * @param latents [B, I, h, w], h and w even, in the type to compute in
   * @param timestep [B], the noise level sigma in [0, 1]
   * @param pooled [B, P]
   * @param text [B, L, text width]
   * @param guidance [B], the guidance scale; null if and only if the config says {@code guidance}
   *     is off
   * @return the velocity (noise − data), [B, C, h, w]
   */
  public Tensor forward(
      Tensor latents, Tensor timestep, Tensor pooled, Tensor text, @Nullable Tensor guidance) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(outputs(latents, timestep, pooled, text, guidance).velocity());
    }
  }

  /**
   * What it says, and what its image tokens hold on the way.
   *
   * @param velocity [B, C, h, w]
   * @param tokens after the double blocks, [B, T, D]
   */
  public record Outputs(Tensor velocity, Tensor tokens) {}

  /** As {@link #forward}. */
  public Outputs outputs(
      Tensor latents, Tensor timestep, Tensor pooled, Tensor text, @Nullable Tensor guidance) {
    return outputs(List.of(latents), timestep, pooled, text, guidance);
  }

  /**
   * As {@link #forward}, with more pictures to look at (FLUX.1 Kontext).
   *
   * @param pictures the latents, [B, I, h, w], then those of each other picture, [B, C, h', w'], of
   *     any size
   */
  Outputs outputs(
      List<Tensor> pictures,
      Tensor timestep,
      Tensor pooled,
      Tensor text,
      @Nullable Tensor guidance) {
    pictures.forEach(this::requireLatents);
    Tensor latents = pictures.get(0);
    long tokens = grid(latents).tokens(); // T
    try (TensorScope scope = TensorScope.open()) {
      Tensor rotations =
          rotary.table(text.size(1), pictures.stream().map(FluxTransformer::grid).toList());
      Tensor conditioning = // [B, D]
          Functional.silu(
              timeText.forward(
                  thousandths(timestep),
                  guidance == null ? null : thousandths(guidance),
                  pooled.to(latents.dtype())));
      var streams =
          new JointBlock.Streams(
              textIn.forward(text.to(latents.dtype())), // [B, L, D]
              imageIn.forward(packed(pictures))); // [B, T and those of other pictures, D]
      for (JointBlock block : doubleBlocks) {
        streams = block.forward(streams, conditioning, rotations);
      }
      Tensor hidden = Tensors.cat(List.of(streams.text(), streams.image()), 1); // [B, S, D]
      for (SingleBlock block : singleBlocks) {
        hidden = block.forward(hidden, conditioning, rotations);
      }
      Tensor image = hidden.narrow(1, text.size(1), tokens); // [B, T, D]
      List<Tensor> scaleShift = modulationOut.forward(conditioning);
      Tensor normalised = Modulation.normalise(image, scaleShift.get(1), scaleShift.get(0));
      return new Outputs(
          scope.keep(Packing.unpack(out.forward(normalised), latents.size(2), latents.size(3))),
          scope.keep(streams.image().narrow(1, 0, tokens)));
    }
  }

  private static RotaryEmbedding.Grid grid(Tensor latents) {
    return new RotaryEmbedding.Grid(
        latents.size(2) / FluxConfig.PATCH, latents.size(3) / FluxConfig.PATCH);
  }

  /** The tokens of one picture after the other. */
  private static Tensor packed(List<Tensor> pictures) {
    List<Tensor> tokens = pictures.stream().map(Packing::pack).toList();
    return tokens.size() == 1 ? tokens.get(0) : Tensors.cat(tokens, 1);
  }

  /** As the model counts time and guidance. */
  private static Tensor thousandths(Tensor values) {
    return values.to(DType.F32).mul(THOUSANDTHS);
  }

  private void requireLatents(Tensor latents) {
    long[] shape = latents.shape();
    if (shape.length != 4
        || shape[1] != config.shownChannels()
        || shape[2] % FluxConfig.PATCH != 0
        || shape[3] % FluxConfig.PATCH != 0) {
      throw new IllegalArgumentException(
          "FLUX wants latents [B, "
              + config.shownChannels()
              + ", h, w] with even h and w, found "
              + Arrays.toString(shape));
    }
  }

  /** Frees the tables of rotations; the parameters stay their source's. */
  @Override
  public void close() {
    rotary.close();
  }
}
