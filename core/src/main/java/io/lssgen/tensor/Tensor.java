package io.lssgen.tensor;

import static io.lssgen.tensor.Native.call;
import static io.lssgen.tensor.Native.run;
import static io.lssgen.tensor.Native.withScalar;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.jspecify.annotations.Nullable;

/**
 * An n-dimensional array in native memory: a thin, safe handle on a libtorch tensor. Operations are
 * named as in torch and return new handles; those whose name ends in {@code InPlace} change this
 * tensor's values. See {@link Tensors} for creation and {@link Functional} for layers' operations.
 *
 * <p>The handle belongs to the {@link TensorScope} that is open when it is made. Failures of
 * libtorch surface as {@link TorchException}; use after {@link #close()} as {@link
 * IllegalStateException}.
 */
public final class Tensor implements AutoCloseable {
  private final org.bytedeco.pytorch.Tensor raw;
  private @Nullable TensorScope scope;
  private boolean closed;

  Tensor(org.bytedeco.pytorch.Tensor raw) {
    this.raw = raw;
    moveTo(TensorScope.innermost());
  }

  org.bytedeco.pytorch.Tensor raw() {
    if (closed) {
      throw new IllegalStateException(
          "this tensor was closed; keep() it in its TensorScope to use it after the scope's end");
    }
    return raw;
  }

  @Nullable TensorScope scope() {
    return scope;
  }

  void moveTo(@Nullable TensorScope target) {
    scope = target;
    if (target != null) {
      target.add(this);
    }
  }

  // ---- life ----------------------------------------------------------------------------------

  /** Takes this tensor out of every scope; from now on its caller closes it. */
  public Tensor release() {
    scope = null;
    return this;
  }

  /** Frees the handle, and the values if no other tensor shares them. Twice is harmless. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      raw.close();
    }
  }

  public boolean isClosed() {
    return closed;
  }

  /** Applies {@code use} to this tensor, then closes it. */
  public <T> T consume(Function<Tensor, T> use) {
    try (this) {
      return use.apply(this);
    }
  }

  // ---- facts ---------------------------------------------------------------------------------

  /** The extent of each dimension. */
  public long[] shape() {
    return raw().shape();
  }

  /** The extent of dimension {@code dim}, counted from the end if negative. */
  public long size(int dim) {
    return raw().size(dim);
  }

  public int dimensions() {
    return (int) raw().ndimension();
  }

  /** The number of elements. */
  public long numel() {
    return raw().numel();
  }

  public DType dtype() {
    return DType.of(raw().scalar_type());
  }

  // ---- values to Java ------------------------------------------------------------------------

  /** All values in row-major order, converted to fp32. */
  public float[] toFloatArray() {
    float[] values = new float[Math.toIntExact(numel())];
    try (Tensor plain = plain(DType.F32);
        FloatPointer data = new FloatPointer(plain.raw().data_ptr())) {
      data.get(values);
    }
    return values;
  }

  /** All values in row-major order, converted to int64. */
  public long[] toLongArray() {
    long[] values = new long[Math.toIntExact(numel())];
    try (Tensor plain = plain(DType.I64);
        LongPointer data = new LongPointer(plain.raw().data_ptr())) {
      data.get(values);
    }
    return values;
  }

  /** The bytes of all values in row-major order, in their own type, little endian. */
  public byte[] toByteArray() {
    byte[] values = new byte[Math.toIntExact(Math.multiplyExact(numel(), dtype().bytes()))];
    try (Tensor plain = plain(dtype());
        BytePointer data = new BytePointer(plain.raw().data_ptr())) {
      data.get(values);
    }
    return values;
  }

  /** The value of a tensor with one element. */
  public double item() {
    double[] value = new double[1];
    run("item", () -> value[0] = raw().item_double(), this);
    return value[0];
  }

  private Tensor plain(DType type) {
    try (Tensor detached = detach();
        Tensor converted = call("to", () -> detached.raw().to(type.scalarType()), this)) {
      return call("contiguous", () -> converted.raw().contiguous(), this).release();
    }
  }

  // ---- type and place ------------------------------------------------------------------------

  /** This tensor in {@code type}; the same handle if it has that type. */
  public Tensor to(DType type) {
    return dtype() == type ? this : call("to", () -> raw().to(type.scalarType()), this);
  }

  /** This tensor on {@code device}, with its type. */
  public Tensor to(Device device) {
    try (org.bytedeco.pytorch.Device target = device.handle()) {
      return call("to", () -> raw().to(target, dtype().scalarType()), this);
    }
  }

  /** The same bytes read as {@code type}; the last dimension changes with the element size. */
  public Tensor viewAs(DType type) {
    return call("view", () -> raw().view(type.scalarType()), this);
  }

  public Tensor contiguous() {
    return call("contiguous", () -> raw().contiguous(), this);
  }

  /** [B, C, H, W] with the channels innermost in memory, which CPU convolutions prefer. */
  public Tensor channelsLast() {
    return call("contiguous", () -> raw().contiguous(MemoryFormat.ChannelsLast), this);
  }

  /** A copy with memory of its own. */
  public Tensor copy() {
    return call("clone", () -> raw().clone(), this);
  }

  // ---- shape ---------------------------------------------------------------------------------

  public Tensor reshape(long... shape) {
    return call("reshape " + Arrays.toString(shape), () -> raw().reshape(shape), this);
  }

  public Tensor permute(long... order) {
    return call("permute", () -> raw().permute(order), this);
  }

  public Tensor transpose(long first, long second) {
    return call("transpose", () -> raw().transpose(first, second), this);
  }

  public Tensor unsqueeze(long dim) {
    return call("unsqueeze", () -> raw().unsqueeze(dim), this);
  }

  public Tensor squeeze(long dim) {
    return call("squeeze", () -> raw().squeeze(dim), this);
  }

  /** {@code length} entries of dimension {@code dim} from {@code start} on, sharing memory. */
  public Tensor narrow(long dim, long start, long length) {
    return call("narrow", () -> raw().narrow(dim, start, length), this);
  }

  /** Entry {@code index} of dimension {@code dim}, without that dimension, sharing memory. */
  public Tensor select(long dim, long index) {
    return call("select", () -> raw().select(dim, index), this);
  }

  /** {@code count} equal parts along {@code dim}, sharing memory. */
  public List<Tensor> chunk(long count, long dim) {
    return Native.unpack(torch.chunk(raw(), count, dim));
  }

  /** Parts of the given lengths along {@code dim}, sharing memory. */
  public List<Tensor> split(long[] lengths, long dim) {
    return Native.unpack(torch.split(raw(), lengths, dim));
  }

  public Tensor expand(long... shape) {
    return call("expand", () -> raw().expand(shape), this);
  }

  public Tensor repeat(long... times) {
    return call("repeat", () -> raw().repeat(times), this);
  }

  public Tensor flip(long... dims) {
    return call("flip", () -> raw().flip(dims), this);
  }

  /** The entries of {@code dim} named by {@code index} (int64, one dimension). */
  public Tensor indexSelect(long dim, Tensor index) {
    return call("index_select", () -> raw().index_select(dim, index.raw()), this, index);
  }

  public Tensor gather(long dim, Tensor index) {
    return call("gather", () -> raw().gather(dim, index.raw()), this, index);
  }

  // ---- arithmetic ----------------------------------------------------------------------------

  public Tensor add(Tensor other) {
    return call("add", () -> raw().add(other.raw()), this, other);
  }

  public Tensor add(double value) {
    return withScalar("add", value, s -> raw().add(s), this);
  }

  public Tensor sub(Tensor other) {
    return call("sub", () -> raw().sub(other.raw()), this, other);
  }

  public Tensor mul(Tensor other) {
    return call("mul", () -> raw().mul(other.raw()), this, other);
  }

  public Tensor mul(double value) {
    return withScalar("mul", value, s -> raw().mul(s), this);
  }

  /** this + first · second, in one pass. */
  public Tensor addcmul(Tensor first, Tensor second) {
    return call("addcmul", () -> raw().addcmul(first.raw(), second.raw()), this, first, second);
  }

  public Tensor div(Tensor other) {
    return call("div", () -> raw().div(other.raw()), this, other);
  }

  public Tensor div(double value) {
    return withScalar("div", value, s -> raw().div(s), this);
  }

  public Tensor pow(double exponent) {
    return withScalar("pow", exponent, s -> raw().pow(s), this);
  }

  public Tensor neg() {
    return call("neg", () -> raw().neg(), this);
  }

  public Tensor square() {
    return call("square", () -> raw().square(), this);
  }

  public Tensor sqrt() {
    return call("sqrt", () -> raw().sqrt(), this);
  }

  public Tensor rsqrt() {
    return call("rsqrt", () -> raw().rsqrt(), this);
  }

  public Tensor exp() {
    return call("exp", () -> raw().exp(), this);
  }

  public Tensor log() {
    return call("log", () -> raw().log(), this);
  }

  public Tensor sin() {
    return call("sin", () -> raw().sin(), this);
  }

  public Tensor cos() {
    return call("cos", () -> raw().cos(), this);
  }

  public Tensor tanh() {
    return call("tanh", () -> raw().tanh(), this);
  }

  public Tensor sigmoid() {
    return call("sigmoid", () -> raw().sigmoid(), this);
  }

  public Tensor abs() {
    return call("abs", () -> raw().abs(), this);
  }

  public Tensor round() {
    return call("round", () -> raw().round(), this);
  }

  /** Values below {@code low} become {@code low}, those above {@code high} become {@code high}. */
  public Tensor clamp(double low, double high) {
    try (org.bytedeco.pytorch.Scalar l = new org.bytedeco.pytorch.Scalar(low);
        org.bytedeco.pytorch.Scalar h = new org.bytedeco.pytorch.Scalar(high);
        ScalarOptional lower = new ScalarOptional(l);
        ScalarOptional upper = new ScalarOptional(h)) {
      return call("clamp", () -> raw().clamp(lower, upper), this);
    }
  }

  public Tensor matmul(Tensor other) {
    return call("matmul", () -> raw().matmul(other.raw()), this, other);
  }

  public Tensor bmm(Tensor other) {
    return call("bmm", () -> raw().bmm(other.raw()), this, other);
  }

  // ---- reduction and comparison --------------------------------------------------------------

  public Tensor sum() {
    return call("sum", () -> raw().sum(), this);
  }

  public Tensor sum(boolean keepDimensions, long... dims) {
    return call("sum", () -> sumOver(keepDimensions, dims), this);
  }

  private org.bytedeco.pytorch.Tensor sumOver(boolean keepDimensions, long... dims) {
    try (var type = new org.bytedeco.pytorch.ScalarTypeOptional()) {
      return raw().sum(dims, keepDimensions, type);
    }
  }

  public Tensor mean() {
    return call("mean", () -> raw().mean(), this);
  }

  public Tensor mean(boolean keepDimensions, long... dims) {
    return call("mean", () -> meanOver(keepDimensions, dims), this);
  }

  private org.bytedeco.pytorch.Tensor meanOver(boolean keepDimensions, long... dims) {
    try (var type = new org.bytedeco.pytorch.ScalarTypeOptional()) {
      return raw().mean(dims, keepDimensions, type);
    }
  }

  public Tensor amax(boolean keepDimensions, long... dims) {
    return call("amax", () -> raw().amax(dims, keepDimensions), this);
  }

  /** The position of the first largest value along {@code dim}, int64. */
  public Tensor argmax(long dim) {
    try (LongOptional along = new LongOptional(dim)) {
      return call("argmax", () -> raw().argmax(along, false), this);
    }
  }

  public Tensor eq(double value) {
    return withScalar("eq", value, s -> raw().eq(s), this);
  }

  public Tensor gt(double value) {
    return withScalar("gt", value, s -> raw().gt(s), this);
  }

  public Tensor lt(double value) {
    return withScalar("lt", value, s -> raw().lt(s), this);
  }

  /** Whether no value is NaN or infinite. */
  public boolean allFinite() {
    try (Tensor finite = call("isfinite", () -> raw().isfinite(), this);
        Tensor all = call("all", () -> finite.raw().all(), finite)) {
      return all.item() != 0;
    }
  }

  public Tensor softmax(long dim) {
    return call("softmax", () -> raw().softmax(dim), this);
  }

  // ---- in place ------------------------------------------------------------------------------

  public Tensor addInPlace(Tensor other, double factor) {
    withoutResult("add_", factor, s -> raw().add_(other.raw(), s), this, other);
    return this;
  }

  public Tensor addInPlace(double value) {
    withoutResult("add_", value, s -> raw().add_(s), this);
    return this;
  }

  public Tensor mulInPlace(double value) {
    withoutResult("mul_", value, s -> raw().mul_(s), this);
    return this;
  }

  /** this += value · (first · second). */
  public Tensor addcmulInPlace(Tensor first, Tensor second, double value) {
    withoutResult(
        "addcmul_", value, s -> raw().addcmul_(first.raw(), second.raw(), s), this, first);
    return this;
  }

  /** this += value · (first / second). */
  public Tensor addcdivInPlace(Tensor first, Tensor second, double value) {
    withoutResult(
        "addcdiv_", value, s -> raw().addcdiv_(first.raw(), second.raw(), s), this, first);
    return this;
  }

  /** this += weight · (end − this). */
  public Tensor lerpInPlace(Tensor end, double weight) {
    withoutResult("lerp_", weight, s -> raw().lerp_(end.raw(), s), this, end);
    return this;
  }

  public Tensor copyInPlace(Tensor source) {
    run("copy_", () -> raw().copy_(source.raw()), this, source);
    return this;
  }

  public Tensor zeroInPlace() {
    run("zero_", () -> raw().zero_(), this);
    return this;
  }

  private static void withoutResult(
      String operation,
      double value,
      Consumer<org.bytedeco.pytorch.Scalar> body,
      Tensor... operands) {
    try (var scalar = new org.bytedeco.pytorch.Scalar(value)) {
      run(operation, () -> body.accept(scalar), operands);
    }
  }

  // ---- gradients -----------------------------------------------------------------------------

  /** The same values cut off from the recorded operations, sharing memory. */
  public Tensor detach() {
    return call("detach", () -> raw().detach(), this);
  }

  /** Marks this tensor as one that gradients are wanted for. */
  public Tensor requireGrad(boolean wanted) {
    run("requires_grad_", () -> raw().set_requires_grad(wanted), this);
    return this;
  }

  /** Adds the gradient of this scalar to the {@code grad} of every leaf that wants one. */
  public void backward() {
    run("backward", () -> raw().backward(), this);
  }

  /** The accumulated gradient, sharing memory with the one libtorch holds; null before any. */
  public @Nullable Tensor grad() {
    org.bytedeco.pytorch.Tensor borrowed = raw().grad();
    return borrowed.defined() ? new Tensor(new org.bytedeco.pytorch.Tensor(borrowed)) : null;
  }

  /** Makes backward passes accumulate into {@code target}, of this tensor's shape. */
  public void accumulateGradInto(Tensor target) {
    run("set grad", () -> raw().mutable_grad().put(target.raw()), this, target);
  }

  @Override
  public String toString() {
    return closed ? "Tensor(closed)" : "Tensor(" + dtype().label() + Arrays.toString(shape()) + ")";
  }
}
