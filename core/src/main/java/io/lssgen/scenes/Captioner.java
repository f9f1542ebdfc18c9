package io.lssgen.scenes;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Words scenes. A caption never says what is not so, and says all that a reader must know: every
 * object, counts, sizes that are not normal, colours of shapes, every background but white, the
 * flat style. Only the relation of two objects may be left out ("a dog and a cat"); then they are
 * named in reading order.
 */
public final class Captioner {
  private static final double BARE = 0.15; // no articles at all
  private static final double OPENING = 0.12;
  private static final double WHITE_NAMED = 0.15;
  private static final double NO_SHAPE_COLOR = 0.04;

  private final SceneVocabulary vocabulary;

  /** Words the scenes of this vocabulary. */
  public Captioner(SceneVocabulary vocabulary) {
    this.vocabulary = requireNonNull(vocabulary, "vocabulary is null");
  }

  /**
   * The one canonical caption of a scene, with the relation of two objects: "a dog to the left of a
   * cat on a blue background".
   */
  public String canonical(Scene scene) {
    return new Wording(null).caption(scene, true);
  }

  /** As {@link #canonical}, but two objects are only joined: "a dog and a cat". */
  public String canonicalWithoutRelation(Scene scene) {
    return new Wording(null).caption(scene, false);
  }

  String caption(Scene scene, SceneRandom random) {
    boolean relation = random.chance(0.65);
    String caption = new Wording(random).caption(scene, relation);
    double letters = random.uniform();
    if (letters < 0.25) {
      caption = caption.substring(0, 1).toUpperCase(Locale.ROOT) + caption.substring(1);
    } else if (letters < 0.28) {
      caption = caption.toUpperCase(Locale.ROOT);
    }
    return random.chance(0.15) ? caption + "." : caption;
  }

  /** One caption in the making: its choices, all canonical when there is no generator. */
  private final class Wording {
    private final @Nullable SceneRandom random;
    private final boolean bare;

    Wording(@Nullable SceneRandom random) {
      this.random = random;
      bare = chance(BARE);
    }

    private boolean chance(double probability) {
      return random != null && random.chance(probability);
    }

    private <T> T choose(List<T> wordings) {
      return random == null ? wordings.get(0) : random.oneOf(wordings);
    }

    private String phrase(String key) {
      return choose(CaptionPhrases.of(key));
    }

    String caption(Scene scene, boolean relation) {
      StringBuilder caption = new StringBuilder(body(scene, relation));
      List<String> additions = new ArrayList<>();
      boolean white = scene.background().equals(BackgroundColor.DEFAULT);
      if (!white || chance(WHITE_NAMED)) {
        String color = choose(vocabulary.background(scene.background()).names());
        String article = SceneVocabulary.article(color);
        additions.add(
            phrase("background").replace(" a {}", " " + article + " {}").replace("{}", color));
      }
      if (scene.style() == EmojiStyle.FLAT) {
        // A statement about the background can only come last.
        boolean statement = !additions.isEmpty() && additions.get(0).contains("background is");
        boolean first = statement || chance(0.3);
        additions.add(first ? 0 : additions.size(), phrase("style"));
      }
      for (String addition : additions) {
        boolean punctuated = addition.startsWith(",") || addition.startsWith(".");
        caption.append(punctuated ? "" : " ").append(addition);
      }
      return caption.toString();
    }

    private String body(Scene scene, boolean relation) {
      SceneObject first = object(scene, 0);
      String body =
          switch (scene.kind()) {
            case SINGLE -> single(first, scene.size());
            case COUNT -> many(first, scene.objects().size());
            case PAIR -> pair(scene, relation);
            case GROUP -> group(scene, relation);
          };
      return chance(OPENING) ? opening(scene, body) : body;
    }

    private String opening(Scene scene, String body) {
      String opening = phrase("opening");
      boolean plural = scene.kind() == SceneKind.COUNT || body.matches("(two|2|a pair|a couple).*");
      if (opening.equals("there is") && plural) {
        opening = "there are";
      } else if (opening.equals("there are") && !plural) {
        opening = "there is";
      }
      return opening + " " + body;
    }

    private SceneObject object(Scene scene, int index) {
      return vocabulary.object(scene.objects().get(index).object());
    }

    private SceneObject.Name name(SceneObject object) {
      SceneObject.Name canonical = object.canonicalName();
      if (random == null || random.chance(0.5)) {
        return canonical;
      }
      SceneObject.Name name = random.oneOf(object.names());
      if (object.shape() != null && random.chance(NO_SHAPE_COLOR)) {
        return withoutColor(name); // "a star": true, if vague
      }
      return name;
    }

    private SceneObject.Name withoutColor(SceneObject.Name name) {
      return new SceneObject.Name(
          "a",
          name.singular().substring(name.singular().indexOf(' ') + 1),
          name.plural().substring(name.plural().indexOf(' ') + 1));
    }

    private String single(SceneObject object, SceneSize size) {
      SceneObject.Name name = name(object);
      return switch (size) {
        case NORMAL -> one(name);
        case SMALL -> sized(phrase("small"), name);
        case BIG -> sized(phrase("big"), name);
      };
    }

    private String sized(String adjective, SceneObject.Name name) {
      return (bare ? "" : "a ") + adjective + " " + name.singular();
    }

    private String one(SceneObject.Name name) {
      if (bare) {
        return name.singular();
      }
      return chance(0.06) ? phrase("one") + " " + name.singular() : name.withArticle();
    }

    private String many(SceneObject object, int count) {
      return phrase("count" + count) + " " + name(object).plural();
    }

    private String pair(Scene scene, boolean relation) {
      PlacedObject first = scene.objects().get(0);
      PlacedObject second = scene.objects().get(1);
      Relation is = Relation.between(first, second);
      SceneObject.Name a = name(object(scene, 0));
      SceneObject.Name b = name(object(scene, 1));
      if (a.singular().equals(b.singular())) { // "a book above a book" would hide the difference
        a = object(scene, 0).canonicalName();
        b = object(scene, 1).canonicalName();
      }
      String joined = is.horizontal() ? "row joined" : "column joined";
      boolean inOrder = is == Relation.LEFT_OF || is == Relation.ABOVE;
      if (!relation) {
        if (is.horizontal() && chance(0.35)) {
          boolean swapped = chance(0.5);
          return related(one(swapped ? b : a), phrase("beside"), one(swapped ? a : b));
        }
        return inOrder ? filled(phrase(joined), a, b) : filled(phrase(joined), b, a);
      }
      if (chance(0.2)) {
        String places = phrase(is.horizontal() ? "row" : "column");
        return inOrder ? filled(places, a, b) : filled(places, b, a);
      }
      if (chance(0.5)) { // the same, seen from the other
        return related(one(b), phrase(key(Relation.between(second, first))), one(a));
      }
      return related(one(a), phrase(key(is)), one(b));
    }

    private String group(Scene scene, boolean relation) {
      PlacedObject last = scene.objects().get(2);
      Relation is = Relation.between(scene.objects().get(0), last);
      String two = many(object(scene, 0), 2);
      String one = one(name(object(scene, 2)));
      boolean ordered = is.horizontal() && is == Relation.between(scene.objects().get(1), last);
      if (relation && ordered && chance(0.4)) {
        Relation inverse = is == Relation.LEFT_OF ? Relation.RIGHT_OF : Relation.LEFT_OF;
        return chance(0.3)
            ? related(one, phrase(key(inverse)), two)
            : related(two, phrase(key(is)), one);
      }
      if (chance(0.35)) {
        return chance(0.4)
            ? related(one, phrase("beside"), two)
            : related(two, phrase("beside"), one);
      }
      String pattern = phrase("group");
      return chance(0.25)
          ? pattern.replace("{a}", one).replace("{b}", two)
          : pattern.replace("{a}", two).replace("{b}", one);
    }

    private String related(String a, String relation, String b) {
      return a + " " + relation + " " + b;
    }

    private String filled(String pattern, SceneObject.Name a, SceneObject.Name b) {
      return pattern
          .replace("{an}", a.singular())
          .replace("{bn}", b.singular())
          .replace("{a}", one(a))
          .replace("{b}", one(b));
    }

    private String key(Relation relation) {
      return switch (relation) {
        case LEFT_OF -> "left of";
        case RIGHT_OF -> "right of";
        case ABOVE -> "above";
        case BELOW -> "below";
      };
    }
  }
}
