package io.lssgen.tensor;

import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;

/**
 * A seeded generator on the CPU whose draws equal those of PyTorch's {@code
 * torch.Generator("cpu").manual_seed(seed)}. Draws are always fp32 (the only type that is equal
 * between versions); cast afterwards. Not thread-safe.
 */
public final class Rng implements AutoCloseable {
  private final Generator generator;

  /** A generator that starts at {@code seed}. */
  public Rng(long seed) {
    TorchRuntime.initialise();
    generator = torch.createCPUGenerator(seed);
  }

  /** Standard normal values, fp32. */
  public Tensor randn(long... shape) {
    return draw("randn", (choice, options) -> torch.randn(shape, choice, options));
  }

  /** Values uniform in [0, 1), fp32. */
  public Tensor rand(long... shape) {
    return draw("rand", (choice, options) -> torch.rand(shape, choice, options));
  }

  /** The generator's whole state, for {@link #restore}. */
  public byte[] state() {
    return Native.call("get_state", generator::get_state).consume(Tensor::toByteArray);
  }

  /** Continues exactly where {@link #state()} was taken. */
  public void restore(byte[] state) {
    try (Tensor values = Tensors.of(state, state.length)) {
      Native.run("set_state", () -> generator.set_state(values.raw()), values);
    }
  }

  @Override
  public void close() {
    generator.close();
  }

  private interface Draw {
    org.bytedeco.pytorch.Tensor with(GeneratorOptional choice, TensorOptions options);
  }

  private Tensor draw(String name, Draw draw) {
    try (GeneratorOptional choice = new GeneratorOptional(generator);
        TensorOptions options = new TensorOptions(DType.F32.scalarType())) {
      return Native.call(name, () -> draw.with(choice, options));
    }
  }
}
