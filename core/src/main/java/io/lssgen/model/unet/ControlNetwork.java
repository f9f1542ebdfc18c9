package io.lssgen.model.unet;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * diffusers' {@code ControlNetModel} (arXiv 2302.05543): a copy of a UNet's way down that sees a
 * picture, too, and whose states are added to the UNet's.
 *
 * <p>Legend: B batch, P the picture's channels, H and W its pixels, C channels of the first level,
 * h and w latents.
 */
final class ControlNetwork {
  private final ControlNetConfig config;
  private final WayDown down;
  private final List<Conv2d> embedding = new ArrayList<>();
  private final List<Conv2d> skips = new ArrayList<>();
  private final Conv2d middle;

  /**
   * @param parameters the cursor at the root of diffusers' names ({@code conv_in.weight}, …)
   */
  ControlNetwork(Parameters parameters, ControlNetConfig config) {
    this.config = config;
    down = new WayDown("ControlNet", parameters, config.unet());
    embed(parameters.child("controlnet_cond_embedding"));
    List<Integer> channels = config.skipChannels();
    for (int i = 0; i < channels.size(); i++) {
      skips.add(added(parameters.child("controlnet_down_blocks").child(i), channels.get(i)));
    }
    middle = added(parameters.child("controlnet_mid_block"), channels.get(channels.size() - 1));
  }

  private static Conv2d added(Parameters parameters, int channels) {
    return new Conv2d(parameters, channels, channels, 1, Init.ZEROS);
  }

  private void embed(Parameters parameters) {
    List<Integer> widths = config.pictureWidths();
    embedding.add(
        new Conv2d(parameters.child("conv_in"), config.pictureChannels(), widths.get(0), 3));
    for (int i = 0; i < widths.size() - 1; i++) {
      int in = widths.get(i);
      Parameters blocks = parameters.child("blocks");
      embedding.add(new Conv2d(blocks.child(2 * i), in, in, 3));
      embedding.add(new Conv2d(blocks.child(2 * i + 1), in, widths.get(i + 1), 3, 2, 1));
    }
    embedding.add(
        new Conv2d(
            parameters.child("conv_out"),
            widths.get(widths.size() - 1),
            config.unet().levels().get(0).channels(),
            3,
            Init.ZEROS));
  }

  ControlNetConfig config() {
    return config;
  }

  /**
   * The picture as {@link #forward} wants it: the same for all timesteps.
   *
   * @param picture [1, P, H, W] in red, green, blue from 0 to 1, in the type to compute in
   * @return [1, C, h, w]
   */
  Tensor embedded(Tensor picture) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor hidden = config.blueFirst() ? reversed(picture) : picture;
      hidden = embedding.get(0).forward(hidden.channelsLast());
      for (Conv2d next : embedding.subList(1, embedding.size())) {
        hidden = next.forward(Functional.silu(hidden));
      }
      return scope.keep(hidden);
    }
  }

  private static Tensor reversed(Tensor picture) {
    List<Tensor> channels = new ArrayList<>();
    for (long i = picture.size(1) - 1; i >= 0; i--) {
      channels.add(picture.narrow(1, i, 1));
    }
    return Tensors.cat(channels, 1);
  }

  /**
   * What is added to the UNet's states.
   *
   * @param inputs as the UNet's, of the latents alone
   * @param picture as {@link #embedded} gives it
   * @param strength what it is multiplied with
   */
  ControlStates forward(WayDown.Inputs inputs, Tensor picture, double strength) {
    try (TensorScope scope = TensorScope.open()) {
      WayDown.States states = down.forward(inputs, picture);
      List<Tensor> added = new ArrayList<>();
      for (int i = 0; i < skips.size(); i++) {
        added.add(skips.get(i).forward(states.skips().get(i)).mul(strength));
      }
      Tensor deepest = middle.forward(states.middle()).mul(strength);
      return new ControlStates(scope.keepAll(added), scope.keep(deepest));
    }
  }
}
