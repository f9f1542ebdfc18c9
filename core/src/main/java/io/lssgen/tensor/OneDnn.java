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

  /** OpenBLAS multiplies up to so many pairs of numbers on one thread. */
  private static final long SPREAD = 1 << 18;

  /** Null where libtorch was built without, as for Arm. */
  private static volatile @Nullable OneDnn available;

  private final OperatorHandle linear;
  private final IValue absent = new IValue();
  private final IValue alone = new IValue("none");
  private final IValue noScalars;

  private OneDnn(OperatorHandle linear) {
    this.linear = linear;
    var type = linear.schema().arguments().getPointer(SCALARS).type().get().containedType(0);
    noScalars = new IValue(new GenericList(type));
  }

  /** Finds it when libtorch is loaded, so that its handles are not those of some later loop. */
  static void prepare() {
    available = find();
  }

  private static @Nullable OneDnn find() {
    try {
      return torch.hasMKLDNN()
          ? new OneDnn(Dispatcher.singleton().findSchemaOrThrow(LINEAR, ""))
          : null;
    } catch (RuntimeException e) {
      return null; // libtorch says so where there is no such operation
    }
  }

  /** Whether a layer of a matrix is to be its. */
  static boolean hasLinear(Tensor x, Tensor weight) {
    return computes(x, weight)
        && weight.dimensions() == 2
        && x.dimensions() > 0
        && x.size(-1) == weight.size(1)
        && isLarge(x.numel() / x.size(-1), weight);
  }

  /** Whether a convolution [B, C, H, W] is to be its; libtorch takes it for larger ones itself. */
  static boolean hasConvolution(Tensor x, Tensor weight) {
    return computes(x, weight)
        && x.dimensions() == 4
        && weight.dimensions() == 4
        && x.size(1) == weight.size(1)
        && isLarge(x.numel() / x.size(1), weight);
  }

  /** Of fp32, not recorded for gradients, of several threads: one waits for nobody. */
  private static boolean computes(Tensor x, Tensor weight) {
    return available != null
        && x.dtype() == DType.F32
        && weight.dtype() == DType.F32
        && !org.bytedeco.pytorch.GradMode.is_enabled()
        && x.numel() > 0
        && TorchRuntime.threads() > 1;
  }

  /** Whether OpenBLAS would spread it over threads. */
  private static boolean isLarge(long rows, Tensor weight) {
    return rows * weight.numel() > SPREAD;
  }

  /** x [..., in] · weightᵀ [in, out] + bias [out], where {@link #hasLinear there is one}. */
  static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
    OneDnn layers = available;
    if (layers == null) {
      throw new IllegalStateException("oneDNN is not there");
    }
    return layers.compute(x, weight, bias);
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
