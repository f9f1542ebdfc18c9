package io.lssgen.cli;

/** How a command reports what it did on the standard output. */
enum OutputFormat {
  /** Lines for a person. */
  HUMAN,
  /** One JSON object. */
  JSON,
  /** Nothing, and no progress. */
  QUIET
}
