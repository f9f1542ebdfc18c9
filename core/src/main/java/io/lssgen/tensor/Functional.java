package io.lssgen.tensor;

import static io.lssgen.tensor.Native.call;
import static io.lssgen.tensor.Native.optional;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;

/**
 * The operations of layers, as in {@code torch.nn.functional}. Weights must have the input's type.
 *
 * <p>Legend: B batch, C channels, H and W height and width, L sequence length, D width.
 */
public final class Functional {
  private static final long[] ONE = {1, 1};

  private Functional() {}

  /** x [..., in] · weightᵀ [in, out] + bias [out]. */
  public static Tensor linear(Tensor x, Tensor weight, @Nullable Tensor bias) {
    if (OneDnn.hasLinear(x, weight)) {
      return OneDnn.linear(x, weight, bias);
    }
    try (TensorOptional b = optional(bias)) {
      return call("linear", () -> torch.linear(x.raw(), weight.raw(), b), x, weight);
    }
  }

  /** x [B, C, H, W], weight [out, C, kh, kw]. */
  public static Tensor conv2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding) {
    long[] strides = {stride, stride};
    long[] paddings = {padding, padding};
    try (TensorOptional b = optional(bias)) {
      return call(
          "conv2d",
          () ->
              OneDnn.hasConvolution(x, weight)
                  ? torch.mkldnn_convolution(x.raw(), weight.raw(), b, paddings, strides, ONE, 1)
                  : torch.conv2d(x.raw(), weight.raw(), b, strides, paddings, ONE, 1),
          x,
          weight);
    }
  }

  /** x [B, C, H, W], weight [C, out, kh, kw]. */
  public static Tensor convTranspose2d(
      Tensor x, Tensor weight, @Nullable Tensor bias, int stride, int padding) {
    long[] strides = {stride, stride};
    long[] paddings = {padding, padding};
    long[] none = {0, 0};
    try (TensorOptional b = optional(bias)) {
      return call(
          "conv_transpose2d",
          () -> torch.conv_transpose2d(x.raw(), weight.raw(), b, strides, paddings, none, 1, ONE),
          x,
          weight);
    }
  }

  /** Normalises x [B, C, ...] over groups of channels. */
  public static Tensor groupNorm(
      Tensor x, long groups, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    try (TensorOptional w = optional(weight);
        TensorOptional b = optional(bias)) {
      return call("group_norm", () -> torch.group_norm(x.raw(), groups, w, b, eps, true), x);
    }
  }

  /** Normalises over the last dimension. */
  public static Tensor layerNorm(
      Tensor x, @Nullable Tensor weight, @Nullable Tensor bias, double eps) {
    long[] shape = {x.size(-1)};
    try (TensorOptional w = optional(weight);
        TensorOptional b = optional(bias)) {
      return call("layer_norm", () -> torch.layer_norm(x.raw(), shape, w, b, eps, true), x);
    }
  }

  /** Divides by the root mean square over the last dimension. */
  public static Tensor rmsNorm(Tensor x, @Nullable Tensor weight, double eps) {
    long[] shape = {x.size(-1)};
    try (TensorOptional w = optional(weight);
        DoubleOptional epsilon = new DoubleOptional(eps)) {
      return call("rms_norm", () -> torch.rms_norm(x.raw(), shape, w, epsilon), x);
    }
  }

  public static Tensor silu(Tensor x) {
    return call("silu", () -> torch.silu(x.raw()), x);
  }

  public static Tensor relu(Tensor x) {
    return call("relu", () -> torch.relu(x.raw()), x);
  }

  /** The exact form, with the error function. */
  public static Tensor gelu(Tensor x) {
    return call("gelu", () -> torch.gelu(x.raw(), "none"), x);
  }

  /** The approximation with tanh. */
  public static Tensor geluTanh(Tensor x) {
    return call("gelu", () -> torch.gelu(x.raw(), "tanh"), x);
  }

  /** Rows of weight [entries, D] named by ids (int64, any shape): [..., D]. */
  public static Tensor embedding(Tensor ids, Tensor weight) {
    return call("embedding", () -> torch.embedding(weight.raw(), ids.raw()), weight, ids);
  }

  /**
   * Turns each pair of neighbouring channels: (a, b) to (a·cos − b·sin, a·sin + b·cos).
   *
   * @param x fp32 [..., D], D even
   * @param rotations fp32 (cos, sin), broadcastable to [..., D/2, 2]
   */
  public static Tensor rotatePairs(Tensor x, Tensor rotations) {
    long[] shape = x.shape();
    long[] paired = Arrays.copyOf(shape, shape.length + 1);
    paired[shape.length - 1] = shape[shape.length - 1] / 2;
    paired[shape.length] = 2;
    try (TensorScope scope = TensorScope.open()) {
      Tensor pairs = complex(x.reshape(paired));
      Tensor turned = pairs.mul(complex(rotations));
      Tensor real = call("view_as_real", () -> torch.view_as_real(turned.raw()), turned);
      return scope.keep(real.reshape(shape));
    }
  }

  private static Tensor complex(Tensor pairs) {
    return call("view_as_complex", () -> torch.view_as_complex(pairs.raw()), pairs);
  }

  /** softmax(q·kᵀ / √D)·v for q, k, v [B, heads, L, D]. */
  public static Tensor scaledDotProductAttention(Tensor q, Tensor k, Tensor v) {
    return call(
        "scaled_dot_product_attention",
        () ->
            TorchRuntime.spread(
                () -> torch.scaled_dot_product_attention(q.raw(), k.raw(), v.raw())),
        q,
        k,
        v);
  }

  /** [B, C, h, w] to [B, C, height, width], each value repeated. */
  public static Tensor upsampleNearest(Tensor x, long height, long width) {
    long[] size = {height, width};
    return call("upsample_nearest2d", () -> torch.upsample_nearest2d(x.raw(), size), x);
  }

  /** [B, C, h, w] to [B, C, height, width], corners not aligned, no antialiasing. */
  public static Tensor upsampleBilinear(Tensor x, long height, long width) {
    long[] size = {height, width};
    return call("upsample_bilinear2d", () -> torch.upsample_bilinear2d(x.raw(), size, false), x);
  }

  /** [B, C, h, w] to [B, C, height, width], corners not aligned, no antialiasing. */
  public static Tensor upsampleBicubic(Tensor x, long height, long width) {
    long[] size = {height, width};
    return call("upsample_bicubic2d", () -> torch.upsample_bicubic2d(x.raw(), size, false), x);
  }

  /** Means over windows of {@code side} × {@code side} that do not overlap. */
  public static Tensor averagePool(Tensor x, int side) {
    long[] window = {side, side};
    return call("avg_pool2d", () -> torch.avg_pool2d(x.raw(), window), x);
  }

  /** Pads the last dimensions with zeros: {left, right, top, bottom, …}. */
  public static Tensor pad(Tensor x, long... amounts) {
    return call("pad", () -> torch.pad(x.raw(), amounts), x);
  }

  /** The class number of rows that {@link #crossEntropy} leaves out. */
  public static final long NO_CLASS = -100;

  /**
   * Mean cross entropy of logits [N, classes] against class numbers [N] (int64), over the rows that
   * have one; NaN if none has.
   */
  public static Tensor crossEntropy(Tensor logits, Tensor classes) {
    return call(
        "cross_entropy",
        () -> torch.cross_entropy_loss(logits.raw(), classes.raw()),
        logits,
        classes);
  }

  /**
   * Eigenvalues [n], rising, and eigenvectors [n, n], one a column, of a symmetric matrix [n, n].
   */
  public static List<Tensor> symmetricEigen(Tensor matrix) {
    return pair("linalg_eigh", () -> torch.linalg_eigh(matrix.raw()), matrix);
  }

  /** The orthogonal factor [n, n] of a square matrix [n, n] (QR decomposition). */
  public static Tensor orthogonal(Tensor matrix) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(pair("linalg_qr", () -> torch.linalg_qr(matrix.raw()), matrix).get(0));
    }
  }

  private static List<Tensor> pair(String name, Supplier<T_TensorTensor_T> work, Tensor input) {
    List<Tensor> parts = new ArrayList<>();
    Native.run(
        name,
        () -> {
          try (T_TensorTensor_T pair = work.get()) {
            parts.add(new Tensor(new org.bytedeco.pytorch.Tensor(pair.get0())));
            parts.add(new Tensor(new org.bytedeco.pytorch.Tensor(pair.get1())));
          }
        },
        input);
    return parts;
  }
}
