package io.lssgen.tensor;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.Pointer;

/**
 * How the process ends while native threads compute, as on SIGTERM: at once. exit() would take
 * libtorch's and oneDNN's global objects down under their feet, which ends in SIGSEGV and an hs_err
 * file.
 */
final class ProcessEnd {
  private ProcessEnd() {}

  /**
   * Lets exit() begin with _exit(). That is arranged for by a shutdown hook, after what libraries
   * have added by then: exit() calls backwards, and they add while they compute, too. By then the
   * JVM has run its shutdown hooks and written its streams. Where the system has no on_exit() (all
   * but Linux with glibc), nothing changes.
   */
  static void skipDestructors() {
    if (!Platform.isLinux()) {
      return;
    }
    try {
      NativeLibrary library = NativeLibrary.getInstance(Platform.C_LIBRARY_NAME);
      Function exit = library.getFunction("_exit"); // on_exit() hands the status on
      Function onExit = library.getFunction("on_exit");
      Object[] arguments = {exit, Pointer.NULL};
      Thread hook = new Thread(() -> onExit.invokeInt(arguments), "lssgen-exit");
      Runtime.getRuntime().addShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already: without a hook, as exit() does by itself.
    } catch (UnsatisfiedLinkError | NoClassDefFoundError e) {
      // No JNA, which the doctor tells of, or no glibc: a crash at the end stays possible.
    }
  }
}
