package io.lssgen.schedule;

import io.lssgen.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/** The last few tensors of a multi-step solver, owned here: outside of every scope. */
final class History implements AutoCloseable {
  private final int most;
  private final Deque<Tensor> tensors = new ArrayDeque<>();

  /**
   * @param most how many are kept
   */
  History(int most) {
    this.most = most;
  }

  /** Takes {@code tensor} over from its scope; the oldest is closed if there are too many. */
  void add(Tensor tensor) {
    tensors.addFirst(tensor.release());
    if (tensors.size() > most) {
      tensors.removeLast().close();
    }
  }

  int size() {
    return tensors.size();
  }

  /** The tensor that was added {@code ago} additions before the latest. */
  Tensor get(int ago) {
    Iterator<Tensor> each = tensors.iterator();
    for (int i = 0; i < ago; i++) {
      each.next();
    }
    return each.next();
  }

  @Override
  public void close() {
    tensors.forEach(Tensor::close);
    tensors.clear();
  }
}
