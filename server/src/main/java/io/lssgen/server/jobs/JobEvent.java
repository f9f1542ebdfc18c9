package io.lssgen.server.jobs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.image.RgbImage;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a job.
 *
 * @param number counts up within the job, from 1
 * @param kind what happened
 * @param data as JSON
 * @param picture what the picture looks like by now, if that was to be shown
 */
public record JobEvent(long number, Kind kind, ObjectNode data, @Nullable RgbImage picture) {

  /** What can happen, in the order in which it does. */
  public enum Kind {
    /** It waits; sent again whenever its place in the queue changes. */
    QUEUED,
    /** Its model is loaded and its stages are known. */
    STARTED,
    /** The prompt is encoded. */
    TEXT,
    /** A step of a stage is done. */
    STEP,
    /** A stage but the last is done: its picture is what the next begins from. */
    STAGE,
    /** The latent was doubled and has its noise: the next stage begins. */
    SCALED,
    /** A picture of the way, for clients that asked for a number of them. */
    PARTIAL,
    /** A picture is done and kept. */
    DECODED,
    /** All pictures are done. */
    COMPLETED,
    /** It ended before its time. */
    FAILED,
    /** A client ended it. */
    CANCELLED;

    /** As clients read it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** Whether nothing follows. */
    public boolean isLast() {
      return this == COMPLETED || this == FAILED || this == CANCELLED;
    }
  }
}
