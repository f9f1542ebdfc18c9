package io.lssgen.cli;

import java.io.PrintWriter;
import java.time.temporal.ChronoUnit;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** What all bars on the error stream have in common. */
final class ProgressBars {
  private static final int WIDTH = 100;
  private static final int UPDATE_MILLISECONDS = 200;

  private ProgressBars() {}

  /**
   * A bar with its speed, still to be completed.
   *
   * @param err where it is drawn
   * @param all the work there is
   * @param task its name
   */
  static ProgressBarBuilder on(PrintWriter err, long all, String task) {
    return new ProgressBarBuilder()
        .setInitialMax(all)
        .setTaskName(task)
        .setStyle(ProgressBarStyle.ASCII)
        .setUpdateIntervalMillis(UPDATE_MILLISECONDS)
        .setMaxRenderedLength(WIDTH)
        .showSpeed()
        .setSpeedUnit(ChronoUnit.SECONDS)
        .setConsumer(
            new DelegatingProgressBarConsumer(
                line -> {
                  err.print("\r" + line);
                  err.flush();
                },
                WIDTH));
  }

  /** Draws a bar a last time and leaves its line. */
  static void end(ProgressBar bar, PrintWriter err) {
    bar.close();
    err.println();
    err.flush();
  }
}
