package io.lssgen.scenes;

import java.nio.charset.StandardCharsets;

/**
 * Which scenes training may see. A fixed tenth of all unordered pairs of objects, of all (object,
 * count) and of all (object, background) combinations is held out; a scene that contains one of
 * them is never trained on. The tenth is chosen by a hash of the combination's name, so that it is
 * the same for every vocabulary, seed and version.
 */
public enum SceneSplit {
  /** No held-out combination. */
  TRAIN,
  /** At least one held-out combination. */
  HELD_OUT;

  private static final int ONE_IN = 10;

  /** The split that a scene belongs to. */
  public static SceneSplit of(Scene scene) {
    return containsHeldOut(scene) ? HELD_OUT : TRAIN;
  }

  private static boolean containsHeldOut(Scene scene) {
    String first = scene.objects().get(0).object();
    String last = scene.objects().get(scene.objects().size() - 1).object();
    boolean combination =
        switch (scene.kind()) {
          case SINGLE -> false;
          case PAIR -> pairHeldOut(first, last);
          case COUNT -> countHeldOut(first, scene.objects().size());
          case GROUP -> pairHeldOut(first, last) || countHeldOut(first, 2);
        };
    return combination
        || backgroundHeldOut(first, scene.background())
        || backgroundHeldOut(last, scene.background());
  }

  /** Whether two different objects together are held out, in either order. */
  public static boolean pairHeldOut(String a, String b) {
    return a.compareTo(b) <= 0 ? tenth("pair", a, b) : tenth("pair", b, a);
  }

  /** Whether so many (2 to 4) of an object are held out. */
  public static boolean countHeldOut(String object, int count) {
    return tenth("count", object, Integer.toString(count));
  }

  /**
   * Whether an object on a background is held out. White never is: it is also what captions mean
   * that name no background, and without it an object could not be learnt alone.
   */
  public static boolean backgroundHeldOut(String object, String background) {
    return !background.equals(BackgroundColor.DEFAULT) && tenth("background", object, background);
  }

  private static boolean tenth(String kind, String a, String b) {
    long hash = 0xcbf29ce484222325L; // FNV-1a, then mixed, for its low bits alone are poor
    for (byte value : (kind + '|' + a + '|' + b).getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (value & 0xff)) * 0x100000001b3L;
    }
    hash = (hash ^ (hash >>> 32)) * 0xd6e8feb86659fd93L;
    hash ^= hash >>> 32;
    return Long.remainderUnsigned(hash, ONE_IN) == 0;
  }
}
