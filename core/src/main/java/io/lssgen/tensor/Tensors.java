package io.lssgen.tensor;

import static io.lssgen.tensor.Native.call;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Makes tensors: from Java values, filled, mapped from a file, or joined from others. */
public final class Tensors {
  private Tensors() {}

  /** Uninitialised values. */
  public static Tensor empty(DType type, long... shape) {
    return empty(Device.CPU, type, shape);
  }

  /** Uninitialised values on {@code device}; {@link Device#META} allocates nothing. */
  public static Tensor empty(Device device, DType type, long... shape) {
    TorchRuntime.initialise();
    requireShape(shape);
    try (var target = device.handle();
        var place = new org.bytedeco.pytorch.DeviceOptional(target);
        var kind = new org.bytedeco.pytorch.ScalarTypeOptional(type.scalarType());
        TensorOptions base = new TensorOptions();
        TensorOptions typed = base.dtype(kind);
        TensorOptions options = typed.device(place);
        var format = new org.bytedeco.pytorch.MemoryFormatOptional()) {
      return call("empty" + Arrays.toString(shape), () -> torch.empty(shape, options, format));
    }
  }

  public static Tensor zeros(DType type, long... shape) {
    return full(0, type, shape);
  }

  public static Tensor ones(DType type, long... shape) {
    return full(1, type, shape);
  }

  public static Tensor full(double value, DType type, long... shape) {
    TorchRuntime.initialise();
    requireShape(shape);
    try (Scalar scalar = new Scalar(value);
        TensorOptions options = new TensorOptions(type.scalarType())) {
      return call("full" + Arrays.toString(shape), () -> torch.full(shape, scalar, options));
    }
  }

  /** 0, 1, … count − 1. */
  public static Tensor arange(long count, DType type) {
    TorchRuntime.initialise();
    try (Scalar end = new Scalar((double) count);
        TensorOptions options = new TensorOptions(type.scalarType())) {
      return call("arange", () -> torch.arange(end, options));
    }
  }

  /** fp32 values in row-major order. */
  public static Tensor of(float[] values, long... shape) {
    requireLength(values.length, shape);
    Tensor tensor = empty(DType.F32, shape);
    if (values.length == 0) {
      return tensor;
    }
    try (FloatPointer data = new FloatPointer(tensor.raw().data_ptr())) {
      data.put(values);
    }
    return tensor;
  }

  /** int64 values in row-major order. */
  public static Tensor of(long[] values, long... shape) {
    requireLength(values.length, shape);
    Tensor tensor = empty(DType.I64, shape);
    if (values.length == 0) {
      return tensor;
    }
    try (LongPointer data = new LongPointer(tensor.raw().data_ptr())) {
      data.put(values);
    }
    return tensor;
  }

  /** uint8 values in row-major order. */
  public static Tensor of(byte[] values, long... shape) {
    requireLength(values.length, shape);
    Tensor tensor = empty(DType.U8, shape);
    if (values.length == 0) {
      return tensor;
    }
    try (BytePointer data = new BytePointer(tensor.raw().data_ptr())) {
      data.put(values);
    }
    return tensor;
  }

  /** A scalar: fp32, no dimensions. */
  public static Tensor scalar(double value) {
    return full(value, DType.F32);
  }

  /**
   * The bytes of a file as uint8 [bytes], mapped privately: pages are read when touched, writes
   * stay in memory. The file must not shrink while the tensor lives.
   *
   * @param bytes how many bytes to map, at most the file's length
   */
  public static Tensor mapFile(Path file, long bytes) {
    TorchRuntime.initialise();
    try (BoolOptional shared = new BoolOptional(false);
        LongOptional size = new LongOptional(bytes);
        TensorOptions options = new TensorOptions(DType.U8.scalarType())) {
      return call("map " + file, () -> torch.from_file(file.toString(), shared, size, options));
    }
  }

  /** Joins along the existing dimension {@code dim}. */
  public static Tensor cat(List<Tensor> parts, long dim) {
    try (TensorVector vector = Native.vector(parts)) {
      return call("cat", () -> torch.cat(vector, dim), parts.toArray(Tensor[]::new));
    }
  }

  /** Joins along a new dimension {@code dim}. */
  public static Tensor stack(List<Tensor> parts, long dim) {
    try (TensorVector vector = Native.vector(parts)) {
      return call("stack", () -> torch.stack(vector, dim), parts.toArray(Tensor[]::new));
    }
  }

  private static void requireShape(long... shape) {
    long elements = 1;
    for (long extent : shape) {
      if (extent < 0) {
        throw new IllegalArgumentException("negative extent in shape " + Arrays.toString(shape));
      }
      elements = Math.multiplyExact(elements, extent);
    }
  }

  private static void requireLength(int length, long... shape) {
    requireShape(shape);
    if (Arrays.stream(shape).reduce(1, Math::multiplyExact) != length) {
      throw new IllegalArgumentException(
          length + " values do not fill the shape " + Arrays.toString(shape));
    }
  }
}
