package io.lssgen.hub;

import java.io.IOException;
import java.nio.file.Path;

/** Holds a lock until its input ends: another process that fetches a file. */
final class LockHolder {
  static final String LOCKED = "locked";

  private LockHolder() {}

  public static void main(String[] arguments) throws IOException {
    try (HubLock lock = HubLock.take(Path.of(arguments[0]))) {
      System.out.println(LOCKED);
      System.in.transferTo(System.out);
    }
  }
}
