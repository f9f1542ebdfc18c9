package io.lssgen.model.unet;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The half of a UNet that ControlNets are copies of: the time's vector, the first convolution, the
 * levels on the way down and the middle.
 *
 * <p>Legend: B batch, C latent channels, h and w latents, S text tokens, T width of the time's
 * vector.
 */
final class WayDown {
  private final String name;
  private final UNetConfig config;
  private final Conv2d convIn;
  private final TimeEmbedding timeEmbedding;
  private final List<DownLevel> levels = new ArrayList<>();
  private final MiddleLevel middle;

  /**
   * What enters a network.
   *
   * @param latents [B, C, h, w], in the type to compute in
   * @param timestep [B], as the schedule counts it
   * @param text [B, S, text width]
   * @param added the pooled text and the sizes; null if and only if the config has none
   * @param guidance [B], the guidance scale; null if and only if the config has none
   */
  record Inputs(
      Tensor latents,
      Tensor timestep,
      Tensor text,
      @Nullable AddedConditions added,
      @Nullable Tensor guidance) {
    /** Without what a UNet is shown or told beside the latents, their first channels. */
    Inputs ofLatents(int channels) {
      Tensor alone = latents.size(1) == channels ? latents : latents.narrow(1, 0, channels);
      return new Inputs(alone, timestep, text, added, null);
    }
  }

  /**
   * What the way down leaves.
   *
   * @param time [B, T], as every residual block reads it
   * @param text in the type of the latents
   * @param skips what the way up wants to see again, the earliest first
   * @param middle the deepest state
   */
  record States(Tensor time, Tensor text, List<Tensor> skips, Tensor middle) {}

  /**
   * @param name what errors call the network
   * @param parameters the cursor at the root of diffusers' names
   */
  WayDown(String name, Parameters parameters, UNetConfig config) {
    this.name = name;
    this.config = config;
    int first = config.levels().get(0).channels();
    convIn = new Conv2d(parameters.child("conv_in"), config.inChannels(), first, 3);
    timeEmbedding = new TimeEmbedding(parameters, config);
    for (int i = 0; i < config.levels().size(); i++) {
      levels.add(new DownLevel(parameters.child("down_blocks").child(i), config, i));
    }
    middle = new MiddleLevel(parameters.child("mid_block"), config);
  }

  /**
   * @param hint added to what the first convolution gives; null: nothing
   */
  States forward(Inputs inputs, @Nullable Tensor hint) {
    Tensor latents = inputs.latents();
    requireInputs(latents, inputs.text());
    try (TensorScope scope = TensorScope.open()) {
      Tensor text = inputs.text().to(latents.dtype());
      Tensor time = // [B, T]
          Functional.silu(
              timeEmbedding.forward(
                  inputs.timestep(), inputs.added(), inputs.guidance(), latents.dtype()));
      List<Tensor> skips = new ArrayList<>();
      Tensor hidden = convIn.forward(latents.channelsLast());
      skips.add(hint == null ? hidden : hidden.add(hint));
      for (DownLevel level : levels) {
        skips.addAll(level.forward(skips.get(skips.size() - 1), time, text));
      }
      Tensor deepest = middle.forward(skips.get(skips.size() - 1), time, text);
      return new States(
          scope.keep(time), scope.keep(text), scope.keepAll(skips), scope.keep(deepest));
    }
  }

  private void requireInputs(Tensor latents, Tensor text) {
    long[] shape = latents.shape();
    if (shape.length != 4 || shape[1] != config.inChannels()) {
      throw new IllegalArgumentException(
          "this %s wants latents [B, %d, h, w], found %s"
              .formatted(name, config.inChannels(), Arrays.toString(shape)));
    }
    long[] states = text.shape();
    if (states.length != 3 || states[0] != shape[0] || states[2] != config.textWidth()) {
      throw new IllegalArgumentException(
          "this %s wants text states [%d, S, %d], found %s"
              .formatted(name, shape[0], config.textWidth(), Arrays.toString(states)));
    }
  }
}
