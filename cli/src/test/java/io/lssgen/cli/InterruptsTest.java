package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.sampling.Cancellation;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import sun.misc.Signal;

class InterruptsTest {
  private final Cancellation cancellation = new Cancellation();
  private final StringWriter err = new StringWriter();

  @Test
  void onceFinishesThePictureTwiceAborts() throws InterruptedException {
    try (Interrupts interrupts = Interrupts.listen(cancellation, new PrintWriter(err))) {
      assertThat(interrupts).isNotNull();
      Signal.raise(new Signal("INT"));
      await(cancellation::stopsAfterImage);
      assertThat(cancellation.isCancelled()).isFalse();
      await(() -> err.toString().contains("finishing the picture"));

      Signal.raise(new Signal("INT"));
      await(cancellation::isCancelled);
    }
  }

  /** The signal's handler runs on a thread of its own. */
  private static void await(BooleanSupplier condition) throws InterruptedException {
    for (int i = 0; i < 100 && !condition.getAsBoolean(); i++) {
      Thread.sleep(50);
    }
    assertThat(condition.getAsBoolean()).isTrue();
  }
}
