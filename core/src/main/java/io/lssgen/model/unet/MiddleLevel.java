package io.lssgen.model.unet;

import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;

/** diffusers' {@code UNetMidBlock2DCrossAttn}: residual, attention, residual. */
final class MiddleLevel {
  private final AttendingBlock first;
  private final AttendingBlock second;

  MiddleLevel(Parameters parameters, UNetConfig config) {
    UNetConfig.Level deepest = config.levels().get(config.levels().size() - 1);
    int channels = deepest.channels();
    first = new AttendingBlock(parameters, 0, config, deepest, channels, true);
    second = new AttendingBlock(parameters, 1, config, deepest, channels, false);
  }

  /** [B, C, h, w] to the same shape. */
  Tensor forward(Tensor x, Tensor time, Tensor text) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(second.forward(first.forward(x, time, text), time, text));
    }
  }
}
