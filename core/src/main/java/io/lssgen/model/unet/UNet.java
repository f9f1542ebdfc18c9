package io.lssgen.model.unet;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.GroupNorm;
import io.lssgen.nn.Init;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * diffusers' {@code UNet2DConditionModel} (arXiv 2112.10752; SDXL: arXiv 2307.01952): predicts from
 * noised latents, the time and a text what the scheduler asks for, the noise or a velocity. Every
 * operation is out of place, so that gradients can be taken through it.
 *
 * <p>It computes in the type of the latents; sinusoids are taken in fp32. Not thread-safe.
 *
 * <p>Legend: B batch, C latent channels, h and w latents, S text tokens, T width of the time's
 * vector.
 */
public final class UNet {
  private final UNetConfig config;
  private final WayDown down;
  private final List<UpLevel> up = new ArrayList<>();
  private final GroupNorm normOut;
  private final Conv2d convOut;

  /**
   * @param parameters the cursor at the root of diffusers' names ({@code conv_in.weight}, …)
   */
  public UNet(Parameters parameters, UNetConfig config) {
    this.config = config;
    int count = config.levels().size();
    int first = config.levels().get(0).channels();
    down = new WayDown("UNet", parameters, config);
    for (int i = 0; i < count; i++) {
      up.add(new UpLevel(parameters.child("up_blocks").child(i), config, count - 1 - i));
    }
    Parameters norm = parameters.child("conv_norm_out");
    normOut = new GroupNorm(norm, config.groups(), first, config.eps());
    convOut = new Conv2d(parameters.child("conv_out"), first, config.outChannels(), 3, Init.ZEROS);
  }

  public UNetConfig config() {
    return config;
  }

  /**
   * @param latents [B, C, h, w], in the type to compute in
   * @param timestep [B], as the schedule counts it: 0 to 999 in most, fractions allowed
   * @param text [B, S, text width]
   * @param added the pooled text and the sizes; null if and only if the config has none
   * @param guidance [B], the guidance scale (1 is none); null if and only if the config has none
   * @return [B, output channels, h, w]
   */
  public Tensor forward(
      Tensor latents,
      Tensor timestep,
      Tensor text,
      @Nullable AddedConditions added,
      @Nullable Tensor guidance) {
    return forward(new WayDown.Inputs(latents, timestep, text, added, guidance), List.of());
  }

  /** As above, with what ControlNets add to the states of the way down. */
  Tensor forward(WayDown.Inputs inputs, List<ControlStates> controls) {
    try (TensorScope scope = TensorScope.open()) {
      WayDown.States states = down.forward(inputs, null);
      Tensor hidden = states.middle();
      List<Tensor> changed = new ArrayList<>(states.skips());
      for (ControlStates control : controls) {
        hidden = hidden.add(control.middle());
        for (int i = 0; i < changed.size(); i++) {
          changed.set(i, changed.get(i).add(control.skips().get(i)));
        }
      }
      Deque<Tensor> skips = new ArrayDeque<>();
      changed.forEach(skips::push);
      for (UpLevel level : up) {
        hidden = level.forward(hidden, skips, states.time(), states.text());
      }
      hidden = convOut.forward(Functional.silu(normOut.forward(hidden)));
      return scope.keep(hidden.contiguous());
    }
  }
}
