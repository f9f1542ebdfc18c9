package io.lssgen.scenes;

/** What a scene shows, and so how its caption is built. */
public enum SceneKind {
  /** One object: small, normal or big. */
  SINGLE,
  /** Two different objects side by side or one above the other. */
  PAIR,
  /** Two to four of one kind. */
  COUNT,
  /** Two of one kind beside one of another; the single one comes last in the scene's list. */
  GROUP
}
