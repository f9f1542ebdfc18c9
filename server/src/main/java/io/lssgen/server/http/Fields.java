package io.lssgen.server.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A client's JSON object, field by field: each is asked for with its kind and range, and what was
 * never asked for is unknown, which the client is told in a header. A field that is null is absent.
 */
public final class Fields {
  private static final int LONGEST_WARNING = 500;
  private static final int LONGEST_SHOWN = 40;

  private final ObjectNode node;
  private final String prefix;
  private final boolean form;
  private final Map<String, String> fileNames;
  private final Set<String> asked = new HashSet<>();
  private final List<Fields> inner = new ArrayList<>();
  private final List<String> warnings = new ArrayList<>();

  /** The fields of a whole body. */
  public Fields(ObjectNode node) {
    this(node, "", false, Map.of());
  }

  private Fields(ObjectNode node, String prefix, boolean form, Map<String, String> fileNames) {
    this.node = node;
    this.prefix = prefix;
    this.form = form;
    this.fileNames = fileNames;
  }

  /** The fields of a form, whose values are texts all: what is asked for is read out of them. */
  static Fields ofForm(MultipartForm form) {
    return new Fields(form.fields(), "", true, form.fileNames());
  }

  /** What a form calls the file in this field, if there is one; its text is base64 then. */
  public Optional<String> fileName(String name) {
    asked.add(name);
    return Optional.ofNullable(fileNames.get(name));
  }

  /** Whether the client sent a field with something in it. */
  public boolean has(String name) {
    return field(name)
        .filter(value -> !value.isTextual() || !value.textValue().isEmpty())
        .isPresent();
  }

  /** A field that is no text. */
  private Optional<JsonNode> value(String name) {
    Optional<JsonNode> value = field(name);
    if (!form || value.isEmpty() || !value.get().isTextual()) {
      return value;
    }
    String text = value.get().textValue();
    return text.isBlank() ? Optional.empty() : Optional.of(Json.readOr(text, value.get()));
  }

  private Optional<JsonNode> field(String name) {
    asked.add(name);
    JsonNode value = node.get(name);
    return value == null || value.isNull() ? Optional.empty() : Optional.of(value);
  }

  /** A text of at most {@code longest} characters. */
  public Optional<String> text(String name, int longest) {
    return field(name).map(value -> checked(name, value, longest));
  }

  private String checked(String name, JsonNode value, int longest) {
    if (!value.isTextual()) {
      throw wrong(name, "a text");
    }
    String text = value.textValue();
    if (text.length() > longest) {
      throw ApiException.unprocessable(
          prefix + name,
          "%s may have %d characters, found %d".formatted(prefix + name, longest, text.length()));
    }
    return text;
  }

  /** A text out of few. */
  public Optional<String> oneOf(String name, String... choices) {
    Optional<String> text = text(name, 100);
    if (text.isPresent() && !List.of(choices).contains(text.get())) {
      throw ApiException.malformed(
          prefix + name,
          "%s wants one of %s, found '%s'"
              .formatted(prefix + name, String.join(", ", choices), text.get()));
    }
    return text;
  }

  /** A whole number within a range. */
  public OptionalInt integer(String name, int smallest, int largest) {
    OptionalLong value = whole(name, smallest, largest);
    return value.isPresent() ? OptionalInt.of((int) value.getAsLong()) : OptionalInt.empty();
  }

  /** A whole number within a range. */
  public OptionalLong whole(String name, long smallest, long largest) {
    Optional<JsonNode> value = value(name);
    if (value.isEmpty()) {
      return OptionalLong.empty();
    }
    JsonNode number = value.get();
    boolean whole = number.isIntegralNumber() || (number.isDouble() && isWhole(number));
    if (!whole) {
      throw wrong(name, "a whole number");
    }
    // Far beyond any range a long wraps around, so doubles are compared first.
    if (Math.abs(number.doubleValue()) > 1e18
        || number.longValue() < smallest
        || number.longValue() > largest) {
      throw outside(name, number, Long.toString(smallest), Long.toString(largest));
    }
    return OptionalLong.of(number.longValue());
  }

  private static boolean isWhole(JsonNode number) {
    return Double.isFinite(number.doubleValue())
        && number.doubleValue() == Math.rint(number.doubleValue());
  }

  /** A number within a range. */
  public OptionalDouble number(String name, double smallest, double largest) {
    Optional<JsonNode> value = value(name);
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    if (!value.get().isNumber()) {
      throw wrong(name, "a number");
    }
    double number = value.get().doubleValue();
    if (!(number >= smallest && number <= largest)) {
      throw outside(name, value.get(), Double.toString(smallest), Double.toString(largest));
    }
    return OptionalDouble.of(number);
  }

  /** True or false. */
  public Optional<Boolean> flag(String name) {
    return value(name)
        .map(
            value -> {
              if (!value.isBoolean()) {
                throw wrong(name, "true or false");
              }
              return value.booleanValue();
            });
  }

  /** True or false, or 1 or 0 as programs in Python have it. */
  public Optional<Boolean> looseFlag(String name) {
    return isNumber(name) ? Optional.of(integer(name, 0, 1).orElseThrow() == 1) : flag(name);
  }

  /** An object within this one. */
  public Optional<Fields> object(String name) {
    return value(name)
        .map(
            value -> {
              if (!(value instanceof ObjectNode object)) {
                throw wrong(name, "an object");
              }
              Fields fields = new Fields(object, prefix + name + ".", form, Map.of());
              inner.add(fields);
              return fields;
            });
  }

  /**
   * Objects of a list.
   *
   * @param most how many there may be
   */
  public List<Fields> objects(String name, int most) {
    Optional<JsonNode> list = value(name);
    if (list.isEmpty()) {
      return List.of();
    }
    if (!list.get().isArray()) {
      throw wrong(name, "a list");
    }
    if (list.get().size() > most) {
      throw ApiException.unprocessable(
          prefix + name,
          "%s may have %d entries, found %d".formatted(prefix + name, most, list.get().size()));
    }
    List<Fields> objects = new ArrayList<>();
    for (JsonNode each : list.get()) {
      if (!(each instanceof ObjectNode object)) {
        throw wrong(name, "a list of objects");
      }
      objects.add(new Fields(object, prefix + name + ".", form, Map.of()));
    }
    inner.addAll(objects);
    return objects;
  }

  /** Whether there is a number. */
  public boolean isNumber(String name) {
    return value(name).filter(JsonNode::isNumber).isPresent();
  }

  /** Whether there is an object. */
  public boolean isObject(String name) {
    return value(name).filter(JsonNode::isObject).isPresent();
  }

  /** Takes these fields without a meaning here: clients send them, and need not be told. */
  public void accept(String... names) {
    asked.addAll(List.of(names));
  }

  /** Takes these fields, and warns if one is there with another value than its usual one. */
  public void withoutEffect(String... names) {
    for (String name : names) {
      field(name)
          .filter(value -> !isUsual(value))
          .ifPresent(value -> warn(prefix + name + " has no effect"));
    }
  }

  private static boolean isUsual(JsonNode value) {
    return (value.isContainerNode() && value.isEmpty())
        || (value.isTextual() && value.textValue().isEmpty())
        || (value.isBoolean() && !value.booleanValue())
        || (value.isNumber() && value.doubleValue() <= 0);
  }

  /** Texts of a list. */
  public List<String> texts(String name, int longest) {
    List<String> texts = new ArrayList<>();
    field(name)
        .ifPresent(
            value -> {
              if (!value.isArray()) {
                throw wrong(name, "a list");
              }
              value.forEach(each -> texts.add(checked(name, each, longest)));
            });
    return texts;
  }

  /** Lets go of a field that was read, which may be large. */
  public void drop(String name) {
    node.remove(name);
  }

  /** The client's own object. */
  public ObjectNode node() {
    return node;
  }

  /** Adds to what the client is told. */
  public void warn(String warning) {
    warnings.add(warning);
  }

  /** What the client should know, fields it does not expect to be ignored among it. */
  public List<String> warnings() {
    List<String> all = new ArrayList<>(warnings);
    List<String> unknown = new ArrayList<>();
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!asked.contains(name)) {
                unknown.add(prefix + name);
              }
            });
    if (!unknown.isEmpty()) {
      all.add("unknown and ignored: " + String.join(", ", unknown));
    }
    inner.forEach(each -> all.addAll(each.warnings()));
    return all;
  }

  /** Puts the warnings into the header {@code Warning}, with its code for miscellaneous ones. */
  public void answerWarnings(Context context) {
    List<String> warnings = warnings();
    if (!warnings.isEmpty()) {
      context.header("Warning", "299 lssgen \"" + headerText(String.join("; ", warnings)) + "\"");
    }
  }

  /** Names come from the client: nothing in them may end the header or its quotes. */
  private static String headerText(String text) {
    String plain =
        text.chars()
            .mapToObj(c -> c < 0x20 || c > 0x7e || c == '"' || c == '\\' ? "?" : "" + (char) c)
            .collect(Collectors.joining());
    return plain.length() <= LONGEST_WARNING ? plain : plain.substring(0, LONGEST_WARNING) + "...";
  }

  private ApiException wrong(String name, String wanted) {
    return ApiException.malformed(
        prefix + name,
        "%s wants %s, found %s"
            .formatted(
                prefix + name,
                wanted,
                form
                    ? shown(node.get(name))
                    : node.get(name).getNodeType().name().toLowerCase(Locale.ROOT)));
  }

  private static String shown(JsonNode value) {
    return "'%s'".formatted(shortened(value.asText()));
  }

  /** A client's text as messages show it. */
  public static String shortened(String text) {
    return text.length() > LONGEST_SHOWN ? text.substring(0, LONGEST_SHOWN) + "..." : text;
  }

  private ApiException outside(String name, JsonNode found, String smallest, String largest) {
    return ApiException.unprocessable(
        prefix + name,
        "%s must be from %s to %s, found %s"
            .formatted(prefix + name, smallest, largest, found.asText()));
  }
}
