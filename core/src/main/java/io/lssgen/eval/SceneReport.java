package io.lssgen.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.scenes.ScenePrompt.Category;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Scores by category, each beside the detector's own accuracy on true scenes.
 *
 * @param settings how the pictures were made, for the reader
 * @param generated a generator's pictures
 * @param drawn the prompts' own scenes
 * @param decoded the same, encoded and decoded by the model's autoencoder
 * @param stored what the detector's folder says instead, where none were drawn
 */
public record SceneReport(
    Map<String, String> settings,
    Optional<SceneEvaluation.Result> generated,
    Optional<SceneEvaluation.Result> drawn,
    Optional<SceneEvaluation.Result> decoded,
    Optional<DetectorAccuracy> stored) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /**
   * A column of the table.
   *
   * @param sharpness of its pictures, as text
   */
  private record Column(String title, CategoryScores scores, String sharpness) {
    Column(String title, SceneEvaluation.Result result) {
      this(title, result.scores(), String.format(Locale.ROOT, "%.0f", result.sharpness()));
    }
  }

  private List<Column> columns() {
    return Stream.of(
            generated.map(result -> new Column("score", result)),
            drawn.map(result -> new Column("true", result)),
            decoded.map(result -> new Column("true, decoded", result)),
            stored.map(accuracy -> new Column("true, stored", accuracy.scores(), "")))
        .flatMap(Optional::stream)
        .toList();
  }

  /** A table for people, some lines. */
  public String human() {
    List<Column> columns = columns();
    StringBuilder text = new StringBuilder();
    settings.forEach((name, value) -> text.append(name).append(": ").append(value).append('\n'));
    text.append(String.format(Locale.ROOT, "%-14s", ""));
    columns.forEach(c -> text.append(String.format(Locale.ROOT, "  %22s", c.title())));
    text.append('\n');
    for (Category category : Category.values()) {
      row(text, columns, CategoryScores.label(category), each -> each.of(category));
    }
    row(text, columns, "overall", CategoryScores::overall);
    text.append(String.format(Locale.ROOT, "%-14s", "sharpness"));
    columns.forEach(c -> text.append(String.format(Locale.ROOT, "  %22s", c.sharpness())));
    text.append('\n');
    generated.ifPresent(
        result ->
            text.append(
                String.format(Locale.ROOT, "%-14s  %22.2f%n", "seconds each", result.seconds())));
    if (drawn.isPresent()) {
      text.append("true: the detector's own accuracy, on the prompts' scenes as they were drawn\n");
    }
    stored.ifPresent(
        accuracy ->
            text.append("true, stored: the detector's own accuracy as its folder says, on ")
                .append(accuracy.pictures())
                .append('\n'));
    return text.toString();
  }

  private static void row(
      StringBuilder text,
      List<Column> columns,
      String name,
      java.util.function.Function<CategoryScores, CategoryScores.Tally> choice) {
    text.append(String.format(Locale.ROOT, "%-14s", name.replace('_', ' ')));
    for (Column column : columns) {
      CategoryScores.Tally tally = choice.apply(column.scores());
      String counts = "(" + tally.correct() + "/" + tally.total() + ")";
      text.append(String.format(Locale.ROOT, "  %10.1f %% %9s", 100 * tally.share(), counts));
    }
    text.append('\n');
  }

  /** One object: settings, scores, accuracies, and every generated picture's verdict. */
  public String json() {
    ObjectNode json = JSON.createObjectNode();
    json.set("settings", JSON.valueToTree(settings));
    generated.ifPresent(result -> json.set("scores", result.scores().json()));
    ObjectNode accuracy = json.putObject("detector_accuracy");
    drawn.ifPresent(result -> accuracy.set("true", result.scores().json()));
    decoded.ifPresent(result -> accuracy.set("true_decoded", result.scores().json()));
    stored.ifPresent(found -> accuracy.set("true_stored", found.scores().json()));
    ObjectNode sharpness = json.putObject("sharpness");
    generated.ifPresent(result -> sharpness.put("generated", result.sharpness()));
    drawn.ifPresent(result -> sharpness.put("true", result.sharpness()));
    decoded.ifPresent(result -> sharpness.put("true_decoded", result.sharpness()));
    generated.ifPresent(result -> json.put("seconds_per_picture", result.seconds()));
    generated.ifPresent(result -> pictures(result, json.putArray("pictures")));
    return json.toPrettyString();
  }

  private static void pictures(SceneEvaluation.Result result, ArrayNode array) {
    for (SceneEvaluation.Scored scored : result.pictures()) {
      ObjectNode picture = array.addObject();
      picture.put("category", CategoryScores.label(scored.prompt().category()));
      picture.put("prompt", scored.prompt().prompt());
      picture.put("correct", scored.verdict().correct());
      picture.put("reason", scored.verdict().reason());
      picture.put("background", scored.found().background());
      List<ObjectNode> objects = new ArrayList<>();
      for (Detection seen : scored.found().objects()) {
        ObjectNode object = JSON.createObjectNode().put("object", seen.object());
        object.put("x", seen.x()).put("y", seen.y()).put("size", seen.size());
        objects.add(object.put("confidence", seen.confidence()));
      }
      picture.putArray("objects").addAll(objects);
    }
  }
}
