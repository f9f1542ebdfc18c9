package io.lssgen.scenes;

import java.util.Map;

/**
 * How scenes are composed.
 *
 * @param placement where objects may stand
 * @param kinds how often each kind of scene comes
 */
public record SceneSettings(Placement placement, Shares<SceneKind> kinds) {
  /** What comes where nothing else is wanted. */
  public static final Shares<SceneKind> USUAL_KINDS =
      new Shares<>(
          Map.of(
              SceneKind.SINGLE, 0.30,
              SceneKind.PAIR, 0.34,
              SceneKind.COUNT, 0.23,
              SceneKind.GROUP, 0.13));

  /** Objects anywhere, kinds as usual. */
  public static final SceneSettings USUAL = new SceneSettings(Placement.FREE, USUAL_KINDS);
}
