package io.lssgen.weights;

/** A header that breaks its format's rules; the message says which and is meant for one line. */
final class InvalidHeader extends Exception {
  private static final long serialVersionUID = 1L;

  private boolean damaged = true;

  InvalidHeader(String message) {
    super(message);
  }

  InvalidHeader(String message, Throwable cause) {
    super(message, cause);
  }

  /** One that is right, but of a kind that is not supported: to fetch it again does not help. */
  static InvalidHeader unsupported(String message) {
    InvalidHeader header = new InvalidHeader(message);
    header.damaged = false;
    return header;
  }

  /** Whether the file may be whole elsewhere. */
  boolean isDamaged() {
    return damaged;
  }

  /** At a name or key of the header. */
  static InvalidHeader at(String name, String problem) {
    return new InvalidHeader("its header, at %s: %s".formatted(Names.quoted(name), problem));
  }
}
