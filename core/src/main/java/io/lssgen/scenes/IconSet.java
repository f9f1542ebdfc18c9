package io.lssgen.scenes;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * Some icons of an icon set in <a
 * href="https://iconify.design/docs/types/iconify-json.html">Iconify JSON</a>: SVG bodies by name,
 * with the set's own width and height where an icon has none. Icon sets are tens of megabytes, so
 * they are read as a stream and only the wanted icons are kept.
 */
final class IconSet {
  /** An icon's SVG content and the size of its view box, in the set's own units. */
  record Icon(String body, double left, double top, double width, double height) {
    /** The icon as a whole SVG document that shows the given part of its plane. */
    String svg(double x, double y, double w, double h) {
      return "<svg xmlns=\"http://www.w3.org/2000/svg\""
          + " xmlns:xlink=\"http://www.w3.org/1999/xlink\" viewBox=\""
          + x
          + " "
          + y
          + " "
          + w
          + " "
          + h
          + "\">"
          + body
          + "</svg>";
    }
  }

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Map<String, Icon> icons;

  private IconSet(Map<String, Icon> icons) {
    this.icons = icons;
  }

  /**
   * Reads the wanted icons of a set.
   *
   * @param file an {@code icons.json}
   * @param wanted names of icons; aliases are not followed
   * @throws LssGenException if the file cannot be read or lacks one of the wanted icons
   */
  static IconSet read(Path file, Set<String> wanted) {
    requireNonNull(file, "file is null");
    if (!Files.isRegularFile(file)) {
      throw new LssGenException(
          "emoji artwork: " + file + " not found; run tools/fetch-emoji.sh to fetch it");
    }
    Map<String, JsonNode> bodies = new HashMap<>();
    Map<String, Double> sizes = new HashMap<>();
    try (JsonParser parser = new JsonFactory(JSON).createParser(file.toFile())) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String field = parser.currentName();
        JsonToken value = parser.nextToken();
        if (field.equals("icons")) {
          readIcons(parser, wanted, bodies);
        } else if (value.isNumeric()) {
          sizes.put(field, parser.getDoubleValue());
        } else {
          parser.skipChildren();
        }
      }
    } catch (IOException e) {
      throw new LssGenException("emoji artwork: cannot read " + file + ": " + IoReason.of(e), e);
    }
    return new IconSet(icons(file, wanted, bodies, sizes));
  }

  private static void readIcons(JsonParser parser, Set<String> wanted, Map<String, JsonNode> found)
      throws IOException {
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      if (wanted.contains(name)) {
        found.put(name, JSON.readTree(parser));
      } else {
        parser.skipChildren();
      }
    }
  }

  private static Map<String, Icon> icons(
      Path file, Set<String> wanted, Map<String, JsonNode> found, Map<String, Double> sizes) {
    Map<String, Icon> icons = new HashMap<>();
    for (String name : wanted) {
      JsonNode node = found.get(name);
      if (node == null || !node.path("body").isTextual()) {
        throw new LssGenException("emoji artwork: " + file + " has no icon \"" + name + "\"");
      }
      icons.put(
          name,
          new Icon(
              node.get("body").textValue(),
              number(node, "left", sizes, 0),
              number(node, "top", sizes, 0),
              number(node, "width", sizes, 16), // 16 is the format's default
              number(node, "height", sizes, 16)));
    }
    return icons;
  }

  private static double number(
      JsonNode icon, String field, Map<String, Double> sizes, double otherwise) {
    return icon.path(field).asDouble(sizes.getOrDefault(field, otherwise));
  }

  /** The icon of this name, which must be one of those wanted when the set was read. */
  Icon icon(String name) {
    Icon icon = icons.get(name);
    if (icon == null) {
      throw new LssGenException("emoji artwork: icon \"" + name + "\" was not loaded");
    }
    return icon;
  }
}
