package io.lssgen.cli;

/** What the process ends with, so that scripts can tell failures apart. */
public final class ExitCode {
  /** All done. */
  public static final int OK = 0;

  /** A failure that none of the others describes. */
  public static final int FAILURE = 1;

  /** Wrong flags, or a request that cannot be carried out as it was made. */
  public static final int USAGE = 2;

  /** A model is missing, corrupt or of a kind that is not supported. */
  public static final int MODEL = 3;

  /** The machine's memory did not suffice. */
  public static final int OUT_OF_MEMORY = 4;

  /** A batch failed after some of its pictures were written; those are listed. */
  public static final int PARTIAL_BATCH = 5;

  /** Interrupted by the user. */
  public static final int INTERRUPTED = 130;

  private ExitCode() {}
}
