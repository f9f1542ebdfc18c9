package io.lssgen.server.http;

import io.javalin.http.Context;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** Parameters behind an address' question mark, each asked for with its kind and range. */
public final class Query {
  private Query() {}

  /**
   * A text out of few.
   *
   * @throws ApiException 400 if it is another, or there more than once
   */
  public static Optional<String> oneOf(Context context, String name, String... choices) {
    Optional<String> text = text(context, name);
    if (text.isPresent() && !List.of(choices).contains(text.get())) {
      throw ApiException.malformed(name, name + " wants one of " + String.join(", ", choices));
    }
    return text;
  }

  /**
   * True or false, however Python, JavaScript and people spell them; false where it is missing.
   *
   * @throws ApiException 400 if it is neither, or there more than once
   */
  public static boolean flag(Context context, String name) {
    return switch (text(context, name).orElse("false").toLowerCase(Locale.ROOT)) {
      case "true", "1" -> true;
      case "false", "0" -> false;
      default -> throw ApiException.malformed(name, name + " wants true or false");
    };
  }

  /**
   * A whole number within a range.
   *
   * @throws ApiException 400 if it is none, outside, or there more than once
   */
  public static OptionalLong whole(Context context, String name, long smallest, long largest) {
    Optional<String> text = text(context, name);
    if (text.isEmpty()) {
      return OptionalLong.empty();
    }
    try {
      long number = Long.parseLong(text.get());
      if (number >= smallest && number <= largest) {
        return OptionalLong.of(number);
      }
    } catch (NumberFormatException e) {
      // Told below, as a number outside is.
    }
    throw ApiException.malformed(
        name, "%s wants a whole number from %d to %d".formatted(name, smallest, largest));
  }

  /**
   * A text.
   *
   * @throws ApiException 400 if it is there more than once
   */
  public static Optional<String> text(Context context, String name) {
    List<String> values = context.queryParams(name);
    if (values.size() > 1) {
      throw ApiException.malformed(name, name + " is there more than once");
    }
    return values.stream().findFirst();
  }
}
