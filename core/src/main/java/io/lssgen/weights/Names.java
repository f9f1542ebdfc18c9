package io.lssgen.weights;

import java.util.Arrays;
import java.util.Collection;
import java.util.stream.Collectors;

/** How tensor names and shapes are shown in messages that must stay on one line. */
public final class Names {
  private static final int LONGEST = 120;
  private static final int SHOWN = 3;

  private Names() {}

  /** The name in quotes, shortened, without control characters: it may come from a hostile file. */
  public static String quoted(String name) {
    String text =
        name.codePoints()
            .limit(LONGEST)
            .mapToObj(c -> Character.isISOControl(c) ? "?" : Character.toString(c))
            .collect(Collectors.joining());
    return "'" + text + (text.length() < name.length() ? "…'" : "'");
  }

  /** The first few names and how many there are: {@code 7 ('a', 'b', 'c', …)}. */
  public static String some(Collection<String> names) {
    String first = names.stream().limit(SHOWN).map(Names::quoted).collect(Collectors.joining(", "));
    return "%d (%s%s)".formatted(names.size(), first, names.size() > SHOWN ? ", …" : "");
  }

  /** The shape as {@code [2, 3]}, shortened when a hostile header gives thousands of extents. */
  public static String shape(long[] shape) {
    return shape.length <= 16
        ? Arrays.toString(shape)
        : "[%d, … %d extents]".formatted(shape[0], shape.length);
  }
}
