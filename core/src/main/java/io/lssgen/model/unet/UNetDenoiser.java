package io.lssgen.model.unet;

import static java.util.Objects.requireNonNull;

import io.lssgen.model.Conditioning;
import io.lssgen.model.ControlNet;
import io.lssgen.model.ControlSignal;
import io.lssgen.model.Denoiser;
import io.lssgen.model.PictureInput;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.GradMode;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.weights.ParameterTree;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * A {@link UNet} as the sampling loop sees it. Where it is told sizes (SDXL), they are those of the
 * latents at hand, uncropped: each stage of a staged run has its own.
 */
public final class UNetDenoiser implements Denoiser {
  private final UNet unet;
  private final int factor;
  private final DType type;
  private final List<Followed> followed;

  /** A ControlNet's picture as its network wants it. */
  private record Followed(ControlNetwork network, Tensor embedded, ControlSignal signal) {}

  /**
   * @param factor pixels per latent along a side
   * @param type the type to compute in
   */
  public UNetDenoiser(UNet unet, int factor, DType type) {
    this(unet, factor, type, List.of());
  }

  private UNetDenoiser(UNet unet, int factor, DType type, List<Followed> followed) {
    this.unet = unet;
    this.factor = factor;
    this.type = type;
    this.followed = followed;
  }

  @Override
  public boolean takesGuidance() {
    return unet.config().guidanceSinusoids() > 0;
  }

  @Override
  public PictureInput shown() {
    return unet.config().takesMask() ? PictureInput.MASK_THEN_LATENTS : PictureInput.NONE;
  }

  @Override
  public boolean takesControlNets() {
    return true;
  }

  @Override
  public ControlNet openControlNet(Path place, ParameterTree.Kept kept) {
    return LoadedControlNet.open(place, unet.config(), factor, kept);
  }

  @Override
  public Denoiser following(List<ControlSignal> signals) {
    List<Followed> embedded = new ArrayList<>();
    try (GradMode off = GradMode.disabled()) {
      for (ControlSignal signal : signals) {
        ControlNetwork network = ((LoadedControlNet) signal.net()).network();
        embedded.add(new Followed(network, network.embedded(signal.picture().to(type)), signal));
      }
    }
    return new UNetDenoiser(unet, factor, type, List.copyOf(embedded));
  }

  @Override
  public Tensor predict(
      Tensor latents, float timestep, Conditioning conditioning, OptionalDouble guidance) {
    if (guidance.isPresent() != takesGuidance()) {
      throw new IllegalArgumentException(
          "this UNet wants " + (takesGuidance() ? "a guidance scale" : "no guidance scale"));
    }
    long batch = latents.size(0);
    try (GradMode off = GradMode.disabled();
        TensorScope scope = TensorScope.open()) {
      Tensor states = conditioning.states();
      WayDown.Inputs inputs =
          new WayDown.Inputs(
              latents.to(type),
              Tensors.full(timestep, DType.F32, batch),
              states.expand(batch, states.size(1), states.size(2)),
              added(latents, conditioning.pooled()),
              guidance.isPresent() ? Tensors.full(guidance.getAsDouble(), DType.F32, batch) : null);
      return scope.keep(unet.forward(inputs, controls(inputs, timestep)));
    }
  }

  /** What the pictures that are followed at this time add to the UNet's states. */
  private List<ControlStates> controls(WayDown.Inputs inputs, float timestep) {
    List<ControlStates> controls = new ArrayList<>();
    for (Followed each : followed) {
      if (each.signal.actsAt(timestep)) {
        WayDown.Inputs own = inputs.ofLatents(unet.config().latentChannels());
        controls.add(each.network.forward(own, each.embedded, each.signal.strength()));
      }
    }
    return controls;
  }

  private @Nullable AddedConditions added(Tensor latents, @Nullable Tensor pooled) {
    if (unet.config().addedWidth() == 0) {
      return null;
    }
    requireNonNull(pooled, "this UNet wants a pooled text vector");
    long batch = latents.size(0);
    float height = latents.size(2) * (float) factor;
    float width = latents.size(3) * (float) factor;
    return AddedConditions.uncropped(pooled.expand(batch, pooled.size(1)), height, width);
  }
}
