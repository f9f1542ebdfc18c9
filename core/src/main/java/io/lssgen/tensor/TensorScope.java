package io.lssgen.tensor;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Frees native memory: every {@link Tensor} made while a scope is the innermost open one of its
 * thread is closed with it, unless {@link #keep kept}.
 *
 * <pre>{@code
 * try (TensorScope scope = TensorScope.open()) {
 *   Tensor hidden = linear.forward(x).silu();
 *   return scope.keep(out.forward(hidden));
 * }
 * }</pre>
 *
 * <p>Scopes belong to one thread and nest strictly. Tensors made outside any scope are their
 * creator's to close.
 */
public final class TensorScope implements AutoCloseable {
  private static final ThreadLocal<@Nullable TensorScope> INNERMOST = new ThreadLocal<>();

  private final @Nullable TensorScope parent;
  private final Thread thread = Thread.currentThread();
  private final List<Tensor> members = new ArrayList<>();
  private boolean closed;

  private TensorScope(@Nullable TensorScope parent) {
    this.parent = parent;
  }

  /** Opens a scope inside the thread's innermost one. */
  public static TensorScope open() {
    TensorScope scope = new TensorScope(INNERMOST.get());
    INNERMOST.set(scope);
    return scope;
  }

  static @Nullable TensorScope innermost() {
    return INNERMOST.get();
  }

  void add(Tensor tensor) {
    members.add(tensor);
  }

  /**
   * Hands {@code tensor} to the scope around this one, or to the caller if there is none.
   *
   * @return the same tensor
   */
  public Tensor keep(Tensor tensor) {
    if (tensor.scope() == this) {
      tensor.moveTo(parent);
    }
    return tensor;
  }

  /** {@link #keep Keeps} each of {@code tensors} and returns them. */
  public List<Tensor> keepAll(List<Tensor> tensors) {
    tensors.forEach(this::keep);
    return tensors;
  }

  /**
   * Closes every tensor that was made in this scope and not kept.
   *
   * @throws IllegalStateException if another thread or an inner scope is still using it
   */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    if (Thread.currentThread() != thread || INNERMOST.get() != this) {
      throw new IllegalStateException(
          "a TensorScope must be closed by its own thread, innermost first");
    }
    closed = true;
    if (parent == null) {
      INNERMOST.remove();
    } else {
      INNERMOST.set(parent);
    }
    for (Tensor tensor : members) {
      if (tensor.scope() == this) {
        tensor.close();
      }
    }
    members.clear();
  }
}
