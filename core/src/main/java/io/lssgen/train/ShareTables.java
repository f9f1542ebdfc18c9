package io.lssgen.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.image.ResampleKernel;
import io.lssgen.scenes.SceneKind;
import io.lssgen.scenes.Shares;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Tables of names and shares in a configuration, {@code {lanczos: 2, area: 1}}. */
final class ShareTables {
  /** Means of four pixels, always. */
  static final Shares<ResampleKernel> AREA = new Shares<>(Map.of(ResampleKernel.AREA, 1.0));

  private ShareTables() {}

  /** The table {@code kernels}: which kernels halve pictures. */
  static Shares<ResampleKernel> kernels(JsonNode table) {
    return of(table, "kernels", ResampleKernel.class);
  }

  /** The table {@code kinds}: single, pair, count, group. */
  static Shares<SceneKind> kinds(JsonNode table) {
    return of(table, "kinds", SceneKind.class);
  }

  private static <K extends Enum<K>> Shares<K> of(JsonNode table, String field, Class<K> type) {
    Map<K, Double> shares = new EnumMap<>(type);
    int leftOut = 0; // null takes away what a base has, as everywhere
    for (K thing : type.getEnumConstants()) {
      JsonNode share = table.get(label(thing));
      if (share != null && share.isNull()) {
        leftOut++;
      } else if (share != null && share.asDouble() > 0) {
        shares.put(thing, share.asDouble());
      }
    }
    if (shares.isEmpty() || shares.size() + leftOut != table.size()) {
      List<String> names = Arrays.stream(type.getEnumConstants()).map(ShareTables::label).toList();
      throw new IllegalArgumentException(
          "%s wants a table of shares above 0 for some of %s, found %s"
              .formatted(field, names, table));
    }
    return new Shares<>(shares);
  }

  /** The name of a thing in a configuration. */
  static String label(Enum<?> thing) {
    return thing.name().toLowerCase(Locale.ROOT);
  }
}
