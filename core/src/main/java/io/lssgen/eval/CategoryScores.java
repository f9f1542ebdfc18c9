package io.lssgen.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.scenes.ScenePrompt.Category;
import io.lssgen.weights.ModelConfig;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** How many pictures of each category were right. */
public final class CategoryScores {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<Category, Tally> tallies = new EnumMap<>(Category.class);

  /** So many right ones of so many. */
  public record Tally(int correct, int total) {
    /** 0 to 1. */
    public double share() {
      return total == 0 ? 0 : (double) correct / total;
    }

    Tally plus(Tally other) {
      return new Tally(correct + other.correct, total + other.total);
    }
  }

  /**
   * Reads what {@link #json} wrote.
   *
   * @throws io.lssgen.errors.ModelException if a category is missing
   */
  static CategoryScores of(ModelConfig json) {
    CategoryScores scores = new CategoryScores();
    for (Category category : Category.values()) {
      String name = label(category);
      ModelConfig tally = new ModelConfig(json.origin() + ", " + name, json.fields().path(name));
      scores.tallies.put(category, new Tally(tally.integer("correct"), tally.positive("total")));
    }
    return scores;
  }

  /** Counts one more picture. */
  public void add(Category category, boolean correct) {
    tallies.merge(category, new Tally(correct ? 1 : 0, 1), Tally::plus);
  }

  /** The pictures of one category. */
  public Tally of(Category category) {
    return tallies.getOrDefault(category, new Tally(0, 0));
  }

  /** All pictures. */
  public Tally overall() {
    return tallies.values().stream().reduce(new Tally(0, 0), Tally::plus);
  }

  /** Counts and shares by category and overall. */
  ObjectNode json() {
    ObjectNode json = JSON.createObjectNode();
    for (Category category : Category.values()) {
      json.set(label(category), json(of(category)));
    }
    json.set("overall", json(overall()));
    return json;
  }

  private static ObjectNode json(Tally tally) {
    return JSON.createObjectNode()
        .put("correct", tally.correct())
        .put("total", tally.total())
        .put("score", tally.share());
  }

  /** A category's name in reports: {@code two_objects}. */
  static String label(Category category) {
    return category.name().toLowerCase(Locale.ROOT);
  }
}
