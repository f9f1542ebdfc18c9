package io.lssgen.eval;

import io.lssgen.scenes.PlacedObject;
import io.lssgen.scenes.Relation;
import io.lssgen.scenes.Scene;
import io.lssgen.scenes.ScenePrompt;
import io.lssgen.scenes.SceneSize;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * Holds what was seen in a picture against what its prompt asks for, in GenEval's manner (arXiv
 * 2310.11513): a picture is right or wrong. It must show exactly the objects asked for, no other
 * and none that the detector is unsure of; what else must hold depends on the category.
 */
public final class SceneScorer {
  private SceneScorer() {}

  /**
   * A picture's score.
   *
   * @param correct whether it shows what its category asks for
   * @param reason what is wrong, in a few words; empty if nothing is
   */
  public record Verdict(boolean correct, String reason) {
    static final Verdict CORRECT = new Verdict(true, "");

    static Verdict wrong(String reason) {
      return new Verdict(false, reason);
    }
  }

  /** Scores one picture. */
  public static Verdict score(ScenePrompt prompt, DetectedScene found) {
    Scene wanted = prompt.scene();
    if (!found.objects().stream().allMatch(Detection::sure)) {
      return Verdict.wrong("something unclear");
    }
    Map<String, Long> wantedCounts =
        counts(wanted.objects().stream().map(PlacedObject::object).toList());
    Map<String, Long> foundCounts =
        counts(
            found.objects().stream().map(each -> Objects.requireNonNull(each.object())).toList());
    if (!foundCounts.equals(wantedCounts)) {
      return Verdict.wrong("shows " + words(foundCounts));
    }
    return switch (prompt.category()) {
      case SINGLE_OBJECT, TWO_OBJECTS, COUNTING -> Verdict.CORRECT;
      case POSITION -> position(wanted, found);
      case BACKGROUND -> background(wanted, found);
      case SIZE -> size(wanted, found);
    };
  }

  private static Map<String, Long> counts(List<String> objects) {
    return objects.stream()
        .collect(Collectors.groupingBy(id -> id, LinkedHashMap::new, Collectors.counting()));
  }

  private static String words(Map<String, Long> counts) {
    if (counts.isEmpty()) {
      return "nothing";
    }
    List<String> words = new ArrayList<>();
    counts.forEach((id, count) -> words.add(count == 1 ? id : count + "x " + id));
    return String.join(", ", words);
  }

  private static Verdict position(Scene wanted, DetectedScene found) {
    PlacedObject first = wanted.objects().get(0);
    PlacedObject second = wanted.objects().get(1);
    Detection seenFirst = seen(first.object(), found);
    Detection seenSecond = seen(second.object(), found);
    Relation asked = Relation.between(first, second);
    Relation shown =
        Relation.between(seenFirst.x() - seenSecond.x(), seenFirst.y() - seenSecond.y());
    return shown == asked
        ? Verdict.CORRECT
        : Verdict.wrong(
            first.object()
                + " is "
                + shown.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ')
                + " "
                + second.object());
  }

  private static Detection seen(String object, DetectedScene found) {
    return found.objects().stream()
        .filter(each -> object.equals(each.object()))
        .findFirst()
        .orElseThrow();
  }

  private static Verdict background(Scene wanted, DetectedScene found) {
    if (found.background() == null) {
      return Verdict.wrong("the background's colour is unclear");
    }
    return found.background().equals(wanted.background())
        ? Verdict.CORRECT
        : Verdict.wrong("background is " + found.background());
  }

  private static Verdict size(Scene wanted, DetectedScene found) {
    SceneSize shown = SceneSize.of(found.objects().get(0).size());
    return shown == wanted.size()
        ? Verdict.CORRECT
        : Verdict.wrong("its size is " + shown.name().toLowerCase(java.util.Locale.ROOT));
  }
}
