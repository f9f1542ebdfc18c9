package io.lssgen.weights;

/** A header that breaks its format's rules; the message says which and is meant for one line. */
final class InvalidHeader extends Exception {
  private static final long serialVersionUID = 1L;

  InvalidHeader(String message) {
    super(message);
  }

  InvalidHeader(String message, Throwable cause) {
    super(message, cause);
  }

  /** At a name or key of the header. */
  static InvalidHeader at(String name, String problem) {
    return new InvalidHeader("its header, at %s: %s".formatted(Names.quoted(name), problem));
  }
}
