package io.lssgen.cli;

import io.lssgen.hub.HubListener;
import java.io.PrintWriter;
import java.time.Duration;
import me.tongfei.progressbar.ProgressBar;
import org.jspecify.annotations.Nullable;

/** One bar for a model's download on the error stream: bytes, the file under way, the time left. */
final class DownloadDisplay implements HubListener, AutoCloseable {
  private static final long MEBIBYTE = 1 << 20;

  private final PrintWriter err;
  private final boolean shown;
  private @Nullable ProgressBar bar;
  private String file = "";

  /**
   * @param err where the bar is drawn
   * @param shown whether it is
   */
  DownloadDisplay(PrintWriter err, boolean shown) {
    this.err = err;
    this.shown = shown;
  }

  @Override
  public void received(String name, long done, long all) {
    if (!shown) {
      return;
    }
    if (bar == null) {
      // What a former run left is no work of this one: it must not count for the speed.
      bar =
          ProgressBars.on(err, all, "fetching")
              .setUnit(" MiB", MEBIBYTE)
              .startsFrom(done, Duration.ZERO)
              .build();
    }
    if (!name.equals(file)) {
      file = name;
      bar.setExtraMessage(" " + ErrorReport.oneLine(name));
    }
    bar.stepTo(done);
  }

  /** Draws the bar a last time and leaves its line. */
  @Override
  public void close() {
    if (bar != null) {
      ProgressBars.end(bar, err);
      bar = null;
    }
  }
}
