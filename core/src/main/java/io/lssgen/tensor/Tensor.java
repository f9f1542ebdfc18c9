package io.lssgen.tensor;

import static io.lssgen.tensor.Native.call;
import static io.lssgen.tensor.Native.run;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Function;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
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
public final class Tensor extends TensorOperations implements AutoCloseable {
  private final org.bytedeco.pytorch.Tensor raw;
  private @Nullable TensorScope scope;
  private boolean closed;

  Tensor(org.bytedeco.pytorch.Tensor raw) {
    this.raw = raw;
    moveTo(TensorScope.innermost());
  }

  @Override
  org.bytedeco.pytorch.Tensor raw() {
    if (closed) {
      throw new IllegalStateException(
          "this tensor was closed; keep() it in its TensorScope to use it after the scope's end");
    }
    return raw;
  }

  @Override
  Tensor self() {
    return this;
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
    return Native.value("size", () -> raw().size(dim), this);
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
    if (values.length == 0) {
      return values; // libtorch gives an empty tensor no address
    }
    try (Tensor plain = plain(DType.F32);
        FloatPointer data = new FloatPointer(plain.raw().data_ptr())) {
      data.get(values);
    }
    return values;
  }

  /** All values in row-major order, converted to int64. */
  public long[] toLongArray() {
    long[] values = new long[Math.toIntExact(numel())];
    if (values.length == 0) {
      return values; // libtorch gives an empty tensor no address
    }
    try (Tensor plain = plain(DType.I64);
        LongPointer data = new LongPointer(plain.raw().data_ptr())) {
      data.get(values);
    }
    return values;
  }

  /** The bytes of all values in row-major order, in their own type, little endian. */
  public byte[] toByteArray() {
    byte[] values = new byte[Math.toIntExact(Math.multiplyExact(numel(), dtype().bytes()))];
    if (values.length == 0) {
      return values; // libtorch gives an empty tensor no address
    }
    try (Tensor plain = plain(dtype());
        BytePointer data = new BytePointer(plain.raw().data_ptr())) {
      data.get(values);
    }
    return values;
  }

  /**
   * The memory that holds this tensor's values, in row-major order and the machine's byte order:
   * for loops that no operation of libtorch does well. It must not be used once this tensor is
   * closed; what is put there is what the tensor holds.
   *
   * @throws IllegalStateException if the values are not contiguous, not in the host's memory, or
   *     beyond 2 GiB
   */
  public ByteBuffer memory() {
    long bytes = Math.multiplyExact(numel(), dtype().bytes());
    if (!raw().is_contiguous() || !raw().is_cpu() || bytes > Integer.MAX_VALUE) {
      throw new IllegalStateException(this + " has no memory that Java can use");
    }
    if (bytes == 0) {
      return ByteBuffer.allocateDirect(0).order(ByteOrder.nativeOrder());
    }
    try (BytePointer data = new BytePointer(raw().data_ptr())) {
      return data.capacity(bytes).asByteBuffer().order(ByteOrder.nativeOrder());
    }
  }

  /** The value of a tensor with one element. */
  public double item() {
    return Native.value("item", () -> raw().item_double(), this);
  }

  private Tensor plain(DType type) {
    try (Tensor detached = detach();
        Tensor converted = call("to", () -> detached.raw().to(type.scalarType()), this)) {
      return call("contiguous", () -> converted.raw().contiguous(), this).release();
    }
  }

  // ---- type and layout -----------------------------------------------------------------------

  /** This tensor in {@code type}; the same handle if it has that type. */
  public Tensor to(DType type) {
    return dtype() == type ? this : call("to", () -> raw().to(type.scalarType()), this);
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

  /**
   * Makes this handle, and nothing else, stand for another tensor's values and shape; what it stood
   * for is freed unless others share it.
   */
  public Tensor become(Tensor other) {
    run("set_data", () -> raw().set_data(other.raw()), this, other);
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

  /** Whether gradients are recorded for this tensor, or for one that it was computed from. */
  public boolean wantsGrad() {
    return raw().requires_grad();
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
