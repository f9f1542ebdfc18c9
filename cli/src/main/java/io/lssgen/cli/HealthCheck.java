package io.lssgen.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Something that can be wrong with a machine.
 *
 * @param name what is looked at
 * @param look looks at it; an exception counts as a failure
 */
record HealthCheck(String name, Callable<Finding> look) {

  /** How bad it is. */
  enum Grade {
    OK("ok"),
    /** Works, but not as well as it could. */
    WARNING("warn"),
    FAILED("FAIL");

    private final String label;

    Grade(String label) {
      this.label = label;
    }

    String label() {
      return label;
    }
  }

  /** What was found, in one line. */
  record Finding(Grade grade, String text) {}

  static Finding ok(String text) {
    return new Finding(Grade.OK, text);
  }

  static Finding warning(String text) {
    return new Finding(Grade.WARNING, text);
  }

  static Finding failed(@Nullable String text) {
    return new Finding(Grade.FAILED, String.valueOf(text));
  }
}
