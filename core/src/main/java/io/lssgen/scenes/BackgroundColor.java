package io.lssgen.scenes;

import java.util.List;

/**
 * A colour that a scene's background can have.
 *
 * @param name canonical name
 * @param rgb its value, {@code 0xRRGGBB}
 * @param names all names, the canonical one first
 */
public record BackgroundColor(String name, int rgb, List<String> names) {
  /** The background that a caption means which names none. */
  public static final String DEFAULT = "white";

  /** Copies the list. */
  public BackgroundColor {
    names = List.copyOf(names);
  }
}
