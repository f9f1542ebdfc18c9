package io.lssgen.scenes;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * Composes random scenes of a vocabulary: what a scene shows is drawn first, then its background
 * and style, then the places. Scenes outside the wanted splits are rejected and drawn anew.
 */
public final class SceneGrammar {
  private static final double SHAPE = 0.2; // shapes are a quarter of the objects, but easy
  private static final double WHITE = 0.35;
  private static final double FLAT = 0.15;

  private final SceneVocabulary vocabulary;
  private final Set<SceneSplit> splits;
  private final SceneSettings settings;
  private final List<SceneObject> icons;
  private final List<SceneObject> shapes;
  private final List<BackgroundColor> named;

  /**
   * A grammar of the scenes of some splits.
   *
   * @param splits training uses {@link SceneSplit#TRAIN} alone
   * @param settings their placement changes where objects stand, not what a scene shows
   */
  public SceneGrammar(SceneVocabulary vocabulary, Set<SceneSplit> splits, SceneSettings settings) {
    this.settings = requireNonNull(settings, "settings are null");
    this.vocabulary = requireNonNull(vocabulary, "vocabulary is null");
    if (splits.isEmpty()) {
      throw new IllegalArgumentException("a grammar needs at least one split");
    }
    this.splits = EnumSet.copyOf(splits);
    icons = vocabulary.objects().stream().filter(object -> !object.isShape()).toList();
    shapes = vocabulary.objects().stream().filter(SceneObject::isShape).toList();
    named =
        vocabulary.backgrounds().stream()
            .filter(background -> !background.name().equals(BackgroundColor.DEFAULT))
            .toList();
  }

  /** The vocabulary that scenes are made of. */
  public SceneVocabulary vocabulary() {
    return vocabulary;
  }

  Scene sample(SceneRandom random) {
    while (true) {
      Scene scene =
          switch (settings.kinds().at(random.uniform())) {
            case SINGLE -> single(random);
            case PAIR -> pair(random);
            case COUNT -> count(random);
            case GROUP -> group(random);
          };
      if (splits.contains(SceneSplit.of(scene))) {
        return scene;
      }
    }
  }

  private Scene single(SceneRandom random) {
    double size = random.uniform();
    SceneSize of = size < 0.6 ? SceneSize.NORMAL : size < 0.8 ? SceneSize.SMALL : SceneSize.BIG;
    SceneObject object = object(random);
    return scene(
        SceneKind.SINGLE, List.of(object), List.of(SceneLayout.single(of, random)), random);
  }

  private Scene pair(SceneRandom random) {
    SceneObject first = object(random);
    List<SceneLayout.Place> places = SceneLayout.pair(random);
    if (random.chance(0.4)) {
      places = places.stream().map(SceneLayout.Place::transposed).toList();
    }
    return scene(SceneKind.PAIR, List.of(first, other(first, random)), places, random);
  }

  private Scene count(SceneRandom random) {
    int count = 2 + random.below(3);
    SceneObject object = object(random);
    List<SceneObject> objects = java.util.Collections.nCopies(count, object);
    return scene(SceneKind.COUNT, objects, SceneLayout.count(count, random), random);
  }

  private Scene group(SceneRandom random) {
    SceneObject twice = object(random);
    SceneObject once = other(twice, random);
    List<SceneLayout.Place> places = SceneLayout.group(random);
    if (random.chance(0.5)) {
      places =
          places.stream()
              .map(place -> new SceneLayout.Place(1 - place.x(), place.y(), place.size()))
              .toList();
    }
    return scene(SceneKind.GROUP, List.of(twice, twice, once), places, random);
  }

  private SceneObject object(SceneRandom random) {
    boolean shape = icons.isEmpty() || random.chance(SHAPE);
    return random.oneOf(shape ? shapes : icons);
  }

  private SceneObject other(SceneObject than, SceneRandom random) {
    SceneObject other = object(random);
    while (other.id().equals(than.id())) {
      other = object(random);
    }
    return other;
  }

  private Scene scene(
      SceneKind kind,
      List<SceneObject> objects,
      List<SceneLayout.Place> places,
      SceneRandom random) {
    List<PlacedObject> placed = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      SceneLayout.Place place = settings.placement().of(places.get(i), objects.size() == 1);
      placed.add(place.with(objects.get(i).id()));
    }
    EmojiStyle style = random.chance(FLAT) ? EmojiStyle.FLAT : EmojiStyle.NOTO;
    return new Scene(kind, placed, background(objects, random), style);
  }

  /** White, or a named colour on which each of the objects is well visible. */
  private String background(List<SceneObject> objects, SceneRandom random) {
    if (random.chance(WHITE)) {
      return BackgroundColor.DEFAULT;
    }
    while (true) {
      String name = random.oneOf(named).name();
      if (objects.stream().noneMatch(object -> object.lostOn().contains(name))) {
        return name;
      }
    }
  }
}
