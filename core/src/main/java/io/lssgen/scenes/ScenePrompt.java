package io.lssgen.scenes;

/**
 * A prompt to score a generator with.
 *
 * @param category what of the picture is scored
 * @param prompt canonical caption of the scene
 * @param scene what the prompt asks for. Its exact places and sizes are one example: only what
 *     {@link Category} names must be met
 */
public record ScenePrompt(Category category, String prompt, Scene scene) {
  /** GenEval's categories over scenes, and what a picture must show in each. */
  public enum Category {
    /** Exactly this object, once. Training saw it; scenes of one object hold nothing out. */
    SINGLE_OBJECT,
    /** Exactly these two objects, wherever they are; a pair that training never showed. */
    TWO_OBJECTS,
    /** Exactly so many of this object; a number of it that training never showed. */
    COUNTING,
    /** Exactly these two objects in this relation; a pair that training never showed. */
    POSITION,
    /** This object once, on this background; a combination that training never showed. */
    BACKGROUND,
    /** This object once, of this size class. Training saw it. */
    SIZE
  }
}
