package io.lssgen.scenes;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.UsageException;
import io.lssgen.scenes.ScenePrompt.Category;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Makes the list of evaluation prompts: the same for the same vocabulary, seed and length. Where a
 * category has held-out combinations, each prompt contains one of its own.
 */
public final class ScenePrompts {
  /** Seed of the list that published scores refer to. */
  public static final long STANDARD_SEED = 20261123L;

  /** Prompts a category in the list that published scores refer to. */
  public static final int STANDARD_PER_CATEGORY = 50;

  private final SceneVocabulary vocabulary;
  private final Captioner captioner;
  private final Placement placement;
  private final SceneRandom random;

  private ScenePrompts(SceneVocabulary vocabulary, Placement placement, long seed) {
    this.placement = requireNonNull(placement, "placement is null");
    this.vocabulary = requireNonNull(vocabulary, "vocabulary is null");
    captioner = new Captioner(vocabulary);
    random = new SceneRandom(seed, 0);
  }

  /** The list that published scores refer to. */
  public static List<ScenePrompt> standard(SceneVocabulary vocabulary) {
    return make(vocabulary, STANDARD_PER_CATEGORY, STANDARD_SEED, Placement.FREE);
  }

  /**
   * A list with so many different prompts in each category, category by category.
   *
   * @param placement where the objects of the prompts' scenes stand; what they show is the same
   * @throws UsageException if the vocabulary has fewer combinations in a category
   */
  public static List<ScenePrompt> make(
      SceneVocabulary vocabulary, int perCategory, long seed, Placement placement) {
    ScenePrompts prompts = new ScenePrompts(vocabulary, placement, seed);
    List<ScenePrompt> all = new ArrayList<>();
    for (Category category : Category.values()) {
      List<Scene> scenes = prompts.shuffled(prompts.scenes(category));
      if (scenes.size() < perCategory) {
        throw new UsageException(
            "evaluation prompts: wanted "
                + perCategory
                + " of category "
                + category
                + ", but this vocabulary has "
                + scenes.size()
                + "; ask for fewer");
      }
      for (Scene scene : scenes.subList(0, perCategory)) {
        all.add(new ScenePrompt(category, prompts.prompt(category, scene), scene));
      }
    }
    return List.copyOf(all);
  }

  private String prompt(Category category, Scene scene) {
    return category == Category.TWO_OBJECTS
        ? captioner.canonicalWithoutRelation(scene)
        : captioner.canonical(scene);
  }

  private List<Scene> scenes(Category category) {
    return switch (category) {
      case SINGLE_OBJECT -> singles(SceneSize.NORMAL);
      case TWO_OBJECTS, POSITION -> pairs(category == Category.POSITION);
      case COUNTING -> counts();
      case BACKGROUND -> onBackgrounds();
      case SIZE -> sizes();
    };
  }

  private List<Scene> singles(SceneSize size) {
    return vocabulary.objects().stream()
        .map(object -> single(object, size, BackgroundColor.DEFAULT))
        .toList();
  }

  private List<Scene> sizes() {
    List<Scene> scenes = new ArrayList<>(singles(SceneSize.SMALL));
    scenes.addAll(singles(SceneSize.BIG));
    return scenes;
  }

  private List<Scene> onBackgrounds() {
    List<Scene> scenes = new ArrayList<>();
    for (SceneObject object : vocabulary.objects()) {
      for (BackgroundColor background : vocabulary.backgrounds()) {
        String name = background.name();
        if (SceneSplit.backgroundHeldOut(object.id(), name) && !object.lostOn().contains(name)) {
          scenes.add(single(object, SceneSize.NORMAL, name));
        }
      }
    }
    return scenes;
  }

  private List<Scene> counts() {
    List<Scene> scenes = new ArrayList<>();
    for (SceneObject object : vocabulary.objects()) {
      for (int count = 2; count <= 4; count++) {
        if (SceneSplit.countHeldOut(object.id(), count)) {
          List<String> ids = Collections.nCopies(count, object.id());
          scenes.add(
              scene(
                  SceneKind.COUNT, ids, SceneLayout.count(count, random), BackgroundColor.DEFAULT));
        }
      }
    }
    return scenes;
  }

  /** All held-out pairs, in random order each; one above the other too if positions are asked. */
  private List<Scene> pairs(boolean positions) {
    List<Scene> scenes = new ArrayList<>();
    List<SceneObject> objects = vocabulary.objects();
    for (int i = 0; i < objects.size(); i++) {
      for (int j = 0; j < i; j++) {
        String a = objects.get(i).id();
        String b = objects.get(j).id();
        if (SceneSplit.pairHeldOut(a, b)) {
          scenes.add(pair(random.chance(0.5) ? List.of(a, b) : List.of(b, a), positions));
        }
      }
    }
    return scenes;
  }

  private Scene pair(List<String> ids, boolean positions) {
    List<SceneLayout.Place> places = new ArrayList<>(SceneLayout.pair(random));
    if (positions && random.chance(0.5)) {
      places.replaceAll(SceneLayout.Place::transposed);
    }
    if (random.chance(0.5)) {
      Collections.reverse(places);
    }
    return scene(SceneKind.PAIR, ids, places, BackgroundColor.DEFAULT);
  }

  private Scene single(SceneObject object, SceneSize size, String background) {
    return scene(
        SceneKind.SINGLE,
        List.of(object.id()),
        List.of(SceneLayout.single(size, random)),
        background);
  }

  private Scene scene(
      SceneKind kind, List<String> ids, List<SceneLayout.Place> places, String background) {
    List<PlacedObject> placed = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      SceneLayout.Place place = placement.of(places.get(i), ids.size() == 1);
      placed.add(place.with(ids.get(i)));
    }
    return new Scene(kind, placed, background, EmojiStyle.NOTO);
  }

  private <T> List<T> shuffled(List<T> items) {
    List<T> shuffled = new ArrayList<>(items);
    for (int i = shuffled.size() - 1; i > 0; i--) {
      Collections.swap(shuffled, i, random.below(i + 1));
    }
    return shuffled;
  }
}
