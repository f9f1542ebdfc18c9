package io.lssgen.tensor;

import static io.lssgen.tensor.Native.call;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * fp32 layers by oneDNN, which computes on OpenMP's threads as all other operations do. libtorch
 * itself takes OpenBLAS for them, whose threads wait for each other without giving way: beside
 * another program a small product takes five times as long.
 */
final class OneDnn {
  private static final String LINEAR = "mkldnn::_linear_pointwise";
  private static final int SCALARS = 4;

  /** Null where libtorch was built without, as for Arm. */
  private static final @Nullable OneDnn AVAILABLE = find();

  private final OperatorHandle linear;
  private final IValue absent = new IValue();
  private final IValue alone = new IValue("none");
  private final IValue noScalars;

  private OneDnn(OperatorHandle linear) {
    this.linear = linear;
    var type = linear.schema().arguments().getPointer(SCALARS).type().get().containedType(0);
    noScalars = new IValue(new GenericList(type));
  }

  private static @Nullable OneDnn find() {
    TorchRuntime.initialise();
    try {
      return torch.hasMKLDNN()
          ? new OneDnn(Dispatcher.singleton().findSchemaOrThrow(LINEAR, ""))
          : null;
    } catch (RuntimeException e) {
      return null; // libtorch says so where there is no such operation
    }
  }

  /** Whether it has such a layer: of fp32, not recorded for gradients, of shapes that fit. */
  static boolean hasLinear(Tensor x, Tensor weight) {
    return computes(x, weight) && weight.dimensions() == 2 && x.size(-1) == weight.size(1);
  }

  /**
   * Whether a convolution [B, C, H, W] is to be its: of several threads, since one is no faster
   * here. libtorch takes it for large ones by itself.
   */
  static boolean hasConvolution(Tensor x, Tensor weight) {
    return computes(x, weight)
        && x.dimensions() == 4
        && weight.dimensions() == 4
        && x.size(1) == weight.size(1)
        && TorchRuntime.threads() > 1;
  }

  private static boolean computes(Tensor x, Tensor weight) {
    return AVAILABLE != null
        && x.dtype() == DType.F32
        && weight.dtype() == DType.F32
        && !org.bytedeco.pytorch.GradMode.is_enabled()
        && x.numel() > 0;
  }

  /** x [..., in] · weightᵀ [in, out] + bias [out], where {@link #hasLinear there is one}. */
  static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
    if (AVAILABLE == null) {
      throw new IllegalStateException("oneDNN is not there");
    }
    return AVAILABLE.compute(x, weight, bias);
  }

  private Tensor compute(Tensor x, Tensor weight, @Nullable Tensor bias) {
    try (IValue input = new IValue(x.raw());
        IValue factor = new IValue(weight.raw());
        IValue shift = bias == null ? new IValue() : new IValue(bias.raw());
        IValueVector stack = new IValueVector(input, factor, shift, alone, noScalars, absent)) {
      return call(
          "linear",
          () -> {
            linear.callBoxed(stack);
            try (IValue result = stack.get(0)) {
              return new org.bytedeco.pytorch.Tensor(result.toTensor());
            }
          },
          x,
          weight);
    }
  }
}
