package io.lssgen.server.store;

import java.util.List;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/**
 * How long parts of runs took on this machine, and how much memory. Of each part the latest few are
 * asked, and their median counts.
 */
public final class Measurements {
  /** Enough to pass over an odd one, few enough to follow a machine that changes. */
  private static final int ASKED = 5;

  private static final int KEPT = 10_000;

  private final Database database;

  /** What is measured. */
  public enum Part {
    /** Seconds of encoding a prompt; the size is 0. */
    TEXT,
    /** Seconds of a step without classifier-free guidance; the size is its image tokens. */
    STEP,
    /** Seconds of a step with it. */
    GUIDED_STEP,
    /** Seconds of doubling between two stages; the size is the larger one's image tokens. */
    SCALE,
    /** Seconds of decoding; the size is the picture's pixels. */
    DECODE,
    /** Bytes that the process held at most; the size is the picture's pixels. */
    MEMORY
  }

  /**
   * What is expected.
   *
   * @param amount seconds or bytes
   * @param measured whether runs of this very size were measured; else it is scaled from others
   */
  public record Expected(double amount, boolean measured) {}

  public Measurements(Database database) {
    this.database = database;
  }

  /**
   * What a part of a run took.
   *
   * @param part what was measured
   * @param size as the part has it
   * @param amount seconds or bytes
   */
  public record Measured(Part part, long size, double amount) {}

  /** Notes what the parts of a run took. */
  public void add(String model, List<Measured> run) {
    database.together(
        () -> {
          for (Measured each : run) {
            database.change(
                "INSERT INTO measurement (model, part, size, amount) VALUES (?, ?, ?, ?)",
                model,
                each.part().name(),
                each.size(),
                each.amount());
          }
          database.change(
              "DELETE FROM measurement WHERE number <= (SELECT MAX(number) FROM measurement) - ?",
              KEPT);
        });
  }

  /**
   * What a part of a run will take.
   *
   * @return null if nothing like it was measured yet
   */
  public @Nullable Expected expected(String model, Part part, long size) {
    OptionalDouble same = median(model, part, size);
    if (same.isPresent()) {
      return new Expected(same.getAsDouble(), true);
    }
    return database
        .value(
            "SELECT size FROM measurement WHERE model = ? AND part = ?"
                + " ORDER BY ABS(size - ?), number DESC LIMIT 1",
            model,
            part.name(),
            size)
        .map(
            nearest ->
                new Expected(
                    median(model, part, nearest).orElse(0) * size / Math.max(1, nearest), false))
        .orElse(null);
  }

  private OptionalDouble median(String model, Part part, long size) {
    List<Double> amounts =
        database
            .rows(
                row -> row.getDouble(1),
                "SELECT amount FROM measurement WHERE model = ? AND part = ? AND size = ?"
                    + " ORDER BY number DESC LIMIT ?",
                model,
                part.name(),
                size,
                ASKED)
            .stream()
            .sorted()
            .toList();
    return amounts.isEmpty()
        ? OptionalDouble.empty()
        : OptionalDouble.of(amounts.get(amounts.size() / 2));
  }
}
