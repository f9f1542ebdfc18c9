package io.lssgen.tensor;

import io.lssgen.errors.LssGenException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * libtorch refused an operation. The message holds the operation, the operands' shapes and the
 * first line of libtorch's own message; the rest of it is a native stack trace that helps nobody.
 */
public final class TorchException extends LssGenException {
  private static final long serialVersionUID = 1L;

  /** Said by libtorch's allocators, by the C++ runtime and by the system. */
  private static final List<String> OUT_OF_MEMORY =
      List.of("can't allocate memory", "out of memory", "std::bad_alloc", "Cannot allocate memory");

  private TorchException(String message, Throwable cause) {
    super(message, cause);
  }

  static TorchException of(String operation, RuntimeException cause, Tensor... operands) {
    String shapes =
        Stream.of(operands)
            .map(operand -> operand.isClosed() ? "closed" : describe(operand))
            .collect(Collectors.joining(", "));
    String text = String.valueOf(cause.getMessage());
    String firstLine = text.lines().findFirst().orElse(text);
    return new TorchException(operation + "(" + shapes + ") failed: " + firstLine, cause);
  }

  /** Whether libtorch could not allocate memory. */
  public boolean isOutOfMemory() {
    String text = String.valueOf(getMessage());
    return OUT_OF_MEMORY.stream().anyMatch(text::contains);
  }

  private static String describe(Tensor tensor) {
    return tensor.dtype().label() + Arrays.toString(tensor.shape());
  }
}
