package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.lssgen.sampling.Cancellation;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import sun.misc.Signal;

class InterruptsTest {
  private final Cancellation cancellation = new Cancellation();
  private final StringWriter err = new StringWriter();

  @Test
  void onceFinishesThePictureTwiceAborts() {
    try (Interrupts interrupts = Interrupts.listen(cancellation, new PrintWriter(err))) {
      interrupts.pressed();
      assertThat(cancellation.stopsAfterImage()).isTrue();
      assertThat(cancellation.isCancelled()).isFalse();
      assertThat(err.toString()).contains("finishing the picture");
      interrupts.pressed();
      assertThat(cancellation.isCancelled()).isTrue();
    }
  }

  @Test
  void theSignalIsHeard() throws InterruptedException, IOException {
    assumeFalse(
        CommandProcess.signalsAreIgnored(), "this process was started with Ctrl-C switched off");
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
