package io.lssgen.eval;

import io.lssgen.errors.UsageException;
import io.lssgen.image.RgbImage;
import io.lssgen.scenes.Placement;
import io.lssgen.scenes.ScenePrompt;
import io.lssgen.scenes.ScenePrompts;
import io.lssgen.scenes.SceneVocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Scores pictures of evaluation prompts. The same prompts are scored for a generator's pictures and
 * for true ones, drawn from the prompts' own scenes, which shows how far the detector can be
 * trusted.
 */
public final class SceneEvaluation {
  private final LoadedDetector detector;
  private final List<ScenePrompt> prompts;

  /**
   * @param detector stays the caller's to close
   */
  public SceneEvaluation(LoadedDetector detector, List<ScenePrompt> prompts) {
    this.detector = detector;
    this.prompts = List.copyOf(prompts);
  }

  /**
   * Evaluation prompts: those that published scores refer to. Beyond their number, more lists of
   * the kind follow, in which the same objects come again in other combinations and layouts.
   *
   * @param perCategory prompts of each category, at least 1
   * @param placement where objects stand in the scenes that true pictures are drawn from
   */
  public static List<ScenePrompt> prompts(
      SceneVocabulary vocabulary, int perCategory, Placement placement) {
    if (perCategory < 1) {
      throw new UsageException("wanted at least 1 prompt of each category, found " + perCategory);
    }
    List<ScenePrompt> prompts = new ArrayList<>();
    long seed = ScenePrompts.STANDARD_SEED;
    for (int left = perCategory; left > 0; left -= ScenePrompts.STANDARD_PER_CATEGORY) {
      int count = Math.min(left, ScenePrompts.STANDARD_PER_CATEGORY);
      prompts.addAll(ScenePrompts.make(vocabulary, count, seed++, placement));
    }
    return prompts;
  }

  /** Makes the square picture that is scored for a prompt. */
  public interface Painter {
    /**
     * @param index the prompt's place in the list
     */
    RgbImage paint(ScenePrompt prompt, int index);
  }

  /**
   * A picture with its score.
   *
   * @param image at most {@link SceneSheet#TILE} pixels wide
   * @param sharpness of the whole picture
   * @param seconds that it took to paint
   */
  public record Scored(
      ScenePrompt prompt,
      RgbImage image,
      DetectedScene found,
      SceneScorer.Verdict verdict,
      double sharpness,
      double seconds) {}

  /** What was scored, in the order of the prompts. */
  public record Result(List<Scored> pictures) {
    public Result {
      pictures = List.copyOf(pictures);
    }

    /** The pictures counted by category. */
    public CategoryScores scores() {
      CategoryScores scores = new CategoryScores();
      pictures.forEach(each -> scores.add(each.prompt().category(), each.verdict().correct()));
      return scores;
    }

    /** The pictures' mean {@link Sharpness}. */
    public double sharpness() {
      return pictures.stream().mapToDouble(Scored::sharpness).average().orElse(0);
    }

    /** What a picture took to paint, the median. */
    public double seconds() {
      return Median.of(pictures.stream().mapToDouble(Scored::seconds).sorted().toArray());
    }
  }

  /** The prompts. */
  public List<ScenePrompt> prompts() {
    return prompts;
  }

  /**
   * Paints and scores all prompts.
   *
   * @param done hears of each picture
   */
  public Result run(Painter painter, Consumer<Scored> done) {
    List<Scored> pictures = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      ScenePrompt prompt = prompts.get(i);
      long begin = System.nanoTime();
      RgbImage image = painter.paint(prompt, i);
      double seconds = (System.nanoTime() - begin) / 1e9;
      DetectedScene found = detector.detect(image);
      Scored scored =
          new Scored(
              prompt,
              SceneSheet.tile(image),
              found,
              SceneScorer.score(prompt, found),
              Sharpness.of(image),
              seconds);
      pictures.add(scored);
      done.accept(scored);
    }
    return new Result(pictures);
  }
}
