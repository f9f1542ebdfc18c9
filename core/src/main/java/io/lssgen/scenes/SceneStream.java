package io.lssgen.scenes;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.Set;

/**
 * An endless sequence of scenes, captions and pictures. Item {@code i} depends on the seed and
 * {@code i} alone, so training resumes at any position and threads can share the work. Thread-safe.
 */
public final class SceneStream {
  private static final long CAPTION_SEED = 0x5ca1ab1e_0ddba11L;

  private final SceneGrammar grammar;
  private final Captioner captioner;
  private final SceneRenderer renderer;
  private final long seed;

  /** A stream of what a grammar composes. */
  public SceneStream(SceneGrammar grammar, Captioner captioner, SceneRenderer renderer, long seed) {
    this.grammar = requireNonNull(grammar, "grammar is null");
    this.captioner = requireNonNull(captioner, "captioner is null");
    this.renderer = requireNonNull(renderer, "renderer is null");
    this.seed = seed;
  }

  /**
   * The stream that training uses: the standard vocabulary, no held-out combination.
   *
   * @param artwork folder that {@code tools/fetch-emoji.sh} filled, see {@link
   *     EmojiArtwork#defaultFolder()}
   */
  public static SceneStream training(Path artwork, SceneSettings settings, long seed) {
    return standard(artwork, Set.of(SceneSplit.TRAIN), settings, seed);
  }

  /** A stream over the standard vocabulary of the scenes of these splits. */
  public static SceneStream standard(
      Path artwork, Set<SceneSplit> splits, SceneSettings settings, long seed) {
    SceneVocabulary vocabulary = SceneVocabulary.standard();
    return new SceneStream(
        new SceneGrammar(vocabulary, splits, settings),
        new Captioner(vocabulary),
        new SceneRenderer(vocabulary, EmojiArtwork.load(artwork, vocabulary)),
        seed);
  }

  /** The scene at a position. */
  public Scene scene(long index) {
    return grammar.sample(new SceneRandom(seed, index));
  }

  /** The caption of the scene at a position. */
  public String caption(long index) {
    return caption(index, 0);
  }

  /**
   * One of many captions of the scene at a position.
   *
   * @param variant 0 is {@link #caption(long)}; others serve when latents are cached and the scene
   *     comes round again
   */
  public String caption(long index, int variant) {
    return captioner.caption(
        scene(index), new SceneRandom(seed ^ CAPTION_SEED ^ ((long) variant << 32), index));
  }

  /** The item at a position, its picture square with this side in pixels. */
  public SceneSample sample(long index, int side) {
    Scene scene = scene(index);
    return new SceneSample(index, scene, caption(index), renderer.render(scene, side));
  }

  /** Draws this stream's scenes. */
  public SceneRenderer renderer() {
    return renderer;
  }
}
