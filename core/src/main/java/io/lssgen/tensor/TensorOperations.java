package io.lssgen.tensor;

import static io.lssgen.tensor.Native.call;
import static io.lssgen.tensor.Native.withScalar;

import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.global.torch;

/** What is computed from tensors into new ones: the part of {@link Tensor} that is plain torch. */
abstract sealed class TensorOperations permits Tensor {
  abstract org.bytedeco.pytorch.Tensor raw();

  abstract Tensor self();

  // ---- shape ---------------------------------------------------------------------------------

  public Tensor reshape(long... shape) {
    return call("reshape " + Arrays.toString(shape), () -> raw().reshape(shape), self());
  }

  public Tensor permute(long... order) {
    return call("permute", () -> raw().permute(order), self());
  }

  public Tensor transpose(long first, long second) {
    return call("transpose", () -> raw().transpose(first, second), self());
  }

  public Tensor unsqueeze(long dim) {
    return call("unsqueeze", () -> raw().unsqueeze(dim), self());
  }

  public Tensor squeeze(long dim) {
    return call("squeeze", () -> raw().squeeze(dim), self());
  }

  /** {@code length} entries of dimension {@code dim} from {@code start} on, sharing memory. */
  public Tensor narrow(long dim, long start, long length) {
    return call("narrow", () -> raw().narrow(dim, start, length), self());
  }

  /** Entry {@code index} of dimension {@code dim}, without that dimension, sharing memory. */
  public Tensor select(long dim, long index) {
    return call("select", () -> raw().select(dim, index), self());
  }

  /** {@code count} equal parts along {@code dim}, sharing memory. */
  public List<Tensor> chunk(long count, long dim) {
    return Native.calls("chunk", () -> torch.chunk(raw(), count, dim), self());
  }

  /** Parts of the given lengths along {@code dim}, sharing memory. */
  public List<Tensor> split(long[] lengths, long dim) {
    return Native.calls("split", () -> torch.split(raw(), lengths, dim), self());
  }

  public Tensor expand(long... shape) {
    return call("expand", () -> raw().expand(shape), self());
  }

  public Tensor repeat(long... times) {
    return call("repeat", () -> raw().repeat(times), self());
  }

  public Tensor flip(long... dims) {
    return call("flip", () -> raw().flip(dims), self());
  }

  /** The entries of {@code dim} named by {@code index} (int64, one dimension). */
  public Tensor indexSelect(long dim, Tensor index) {
    return call("index_select", () -> raw().index_select(dim, index.raw()), self(), index);
  }

  public Tensor gather(long dim, Tensor index) {
    return call("gather", () -> raw().gather(dim, index.raw()), self(), index);
  }

  // ---- arithmetic ----------------------------------------------------------------------------

  public Tensor add(Tensor other) {
    return call("add", () -> raw().add(other.raw()), self(), other);
  }

  public Tensor add(double value) {
    return withScalar("add", value, s -> raw().add(s), self());
  }

  public Tensor sub(Tensor other) {
    return call("sub", () -> raw().sub(other.raw()), self(), other);
  }

  public Tensor mul(Tensor other) {
    return call("mul", () -> raw().mul(other.raw()), self(), other);
  }

  public Tensor mul(double value) {
    return withScalar("mul", value, s -> raw().mul(s), self());
  }

  /** this + first · second, in one pass. */
  public Tensor addcmul(Tensor first, Tensor second) {
    return call("addcmul", () -> raw().addcmul(first.raw(), second.raw()), self(), first, second);
  }

  public Tensor div(Tensor other) {
    return call("div", () -> raw().div(other.raw()), self(), other);
  }

  public Tensor div(double value) {
    return withScalar("div", value, s -> raw().div(s), self());
  }

  public Tensor pow(double exponent) {
    return withScalar("pow", exponent, s -> raw().pow(s), self());
  }

  public Tensor neg() {
    return call("neg", () -> raw().neg(), self());
  }

  public Tensor square() {
    return call("square", () -> raw().square(), self());
  }

  public Tensor sqrt() {
    return call("sqrt", () -> raw().sqrt(), self());
  }

  public Tensor rsqrt() {
    return call("rsqrt", () -> raw().rsqrt(), self());
  }

  public Tensor exp() {
    return call("exp", () -> raw().exp(), self());
  }

  public Tensor log() {
    return call("log", () -> raw().log(), self());
  }

  public Tensor sin() {
    return call("sin", () -> raw().sin(), self());
  }

  public Tensor cos() {
    return call("cos", () -> raw().cos(), self());
  }

  public Tensor tanh() {
    return call("tanh", () -> raw().tanh(), self());
  }

  public Tensor sigmoid() {
    return call("sigmoid", () -> raw().sigmoid(), self());
  }

  public Tensor abs() {
    return call("abs", () -> raw().abs(), self());
  }

  public Tensor round() {
    return call("round", () -> raw().round(), self());
  }

  /** Values below {@code low} become {@code low}, those above {@code high} become {@code high}. */
  public Tensor clamp(double low, double high) {
    try (org.bytedeco.pytorch.Scalar l = new org.bytedeco.pytorch.Scalar(low);
        org.bytedeco.pytorch.Scalar h = new org.bytedeco.pytorch.Scalar(high);
        ScalarOptional lower = new ScalarOptional(l);
        ScalarOptional upper = new ScalarOptional(h)) {
      return call("clamp", () -> raw().clamp(lower, upper), self());
    }
  }

  public Tensor matmul(Tensor other) {
    return call("matmul", () -> raw().matmul(other.raw()), self(), other);
  }

  public Tensor bmm(Tensor other) {
    return call("bmm", () -> raw().bmm(other.raw()), self(), other);
  }

  /** own · this + factor · (first · second), matrix products over the first dimension. */
  public Tensor baddbmm(double own, double factor, Tensor first, Tensor second) {
    try (org.bytedeco.pytorch.Scalar beta = new org.bytedeco.pytorch.Scalar(own);
        org.bytedeco.pytorch.Scalar alpha = new org.bytedeco.pytorch.Scalar(factor)) {
      return call(
          "baddbmm",
          () -> torch.baddbmm(raw(), first.raw(), second.raw(), beta, alpha),
          self(),
          first,
          second);
    }
  }

  // ---- reduction and comparison --------------------------------------------------------------

  public Tensor sum() {
    return call("sum", () -> raw().sum(), self());
  }

  public Tensor sum(boolean keepDimensions, long... dims) {
    return call("sum", () -> sumOver(keepDimensions, dims), self());
  }

  private org.bytedeco.pytorch.Tensor sumOver(boolean keepDimensions, long... dims) {
    try (var type = new org.bytedeco.pytorch.ScalarTypeOptional()) {
      return raw().sum(dims, keepDimensions, type);
    }
  }

  public Tensor mean() {
    return call("mean", () -> raw().mean(), self());
  }

  public Tensor mean(boolean keepDimensions, long... dims) {
    return call("mean", () -> meanOver(keepDimensions, dims), self());
  }

  private org.bytedeco.pytorch.Tensor meanOver(boolean keepDimensions, long... dims) {
    try (var type = new org.bytedeco.pytorch.ScalarTypeOptional()) {
      return raw().mean(dims, keepDimensions, type);
    }
  }

  public Tensor amax(boolean keepDimensions, long... dims) {
    return call("amax", () -> raw().amax(dims, keepDimensions), self());
  }

  /** The position of the first largest value along {@code dim}, int64. */
  public Tensor argmax(long dim) {
    try (LongOptional along = new LongOptional(dim)) {
      return call("argmax", () -> raw().argmax(along, false), self());
    }
  }

  public Tensor eq(double value) {
    return withScalar("eq", value, s -> raw().eq(s), self());
  }

  public Tensor gt(double value) {
    return withScalar("gt", value, s -> raw().gt(s), self());
  }

  public Tensor lt(double value) {
    return withScalar("lt", value, s -> raw().lt(s), self());
  }

  /** Whether no value is NaN or infinite. */
  public boolean allFinite() {
    try (Tensor finite = call("isfinite", () -> raw().isfinite(), self());
        Tensor all = call("all", () -> finite.raw().all(), finite)) {
      return all.item() != 0;
    }
  }

  public Tensor softmax(long dim) {
    return call("softmax", () -> raw().softmax(dim), self());
  }
}
