package io.lssgen.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Every item once before any comes again, in an order of its own each time; from any thread. */
final class ShuffledOrder {
  private final int count;
  private final long seed;
  private final AtomicReference<@Nullable Round> last = new AtomicReference<>();

  private record Round(long number, List<Integer> order) {}

  /**
   * @param count items, at least 1
   */
  ShuffledOrder(int count, long seed) {
    this.count = count;
    this.seed = seed;
  }

  /** The item at {@code position} of the endless sequence. */
  int at(long position) {
    long number = position / count;
    Round round = last.get();
    if (round == null || round.number() != number) {
      List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
      Collections.shuffle(order, new Random(Seeds.mix(seed, number)));
      round = new Round(number, order);
      last.set(round);
    }
    return round.order().get((int) (position % count));
  }
}
