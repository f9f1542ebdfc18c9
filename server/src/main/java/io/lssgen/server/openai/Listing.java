package io.lssgen.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Json;
import io.lssgen.server.http.Query;
import io.lssgen.server.store.Page;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A list that a client asks for page by page.
 *
 * @param after name of the last one that it has seen; empty for the beginning
 * @param limit how many it wants
 * @param newestFirst in which order
 */
record Listing(String after, int limit, boolean newestFirst) {
  /**
   * What the address asks for.
   *
   * @param usual how many where it does not say
   */
  static Listing read(Context context, int usual, int most) {
    return new Listing(
        Query.text(context, "after").orElse(""),
        (int) Query.whole(context, "limit", 1, most).orElse(usual),
        Query.oneOf(context, "order", "asc", "desc").orElse("desc").equals("desc"));
  }

  /** The part of a name that follows the prefix; empty if it has another. */
  static Optional<String> id(String prefix, String name) {
    return name.startsWith(prefix)
        ? Optional.of(name.substring(prefix.length()))
        : Optional.empty();
  }

  /**
   * Where that is in the database: one more, which tells whether there is more.
   *
   * @param number of an id's row
   * @throws ApiException 404 if there is no {@link #after}
   */
  Page page(String prefix, Function<String, Optional<Long>> number) {
    long last =
        after.isEmpty()
            ? 0
            : id(prefix, after)
                .flatMap(number)
                .orElseThrow(
                    () -> ApiException.notFound("not_found", "there is no such one to come after"));
    return new Page(last, limit + 1, newestFirst);
  }

  /** The answer, of what the page held. */
  ObjectNode answer(List<ObjectNode> found) {
    List<ObjectNode> shown = found.subList(0, Math.min(limit, found.size()));
    ObjectNode answer = Json.object().put("object", "list");
    ArrayNode data = answer.putArray("data");
    data.addAll(shown);
    if (!shown.isEmpty()) {
      answer.set("first_id", shown.get(0).get("id"));
      answer.set("last_id", shown.get(shown.size() - 1).get("id"));
    }
    return answer.put("has_more", found.size() > shown.size());
  }
}
