package io.lssgen.lora;

import io.lssgen.weights.KeyMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The modules of one network by every name that LoRA files give them: ours and those of {@link
 * NamingSchemes}. Dots and underscores are the same here, since kohya's files write the former as
 * the latter.
 */
final class ModuleNames {
  private static final String WEIGHT = ".weight";
  private static final int MATRIX = 2;
  private static final int KERNEL = 4;

  private final Map<String, List<Rows>> byName;

  /**
   * Rows of a parameter that one layer of a LoRA changes.
   *
   * @param parameter the weight of a module, [out, in, …]
   * @param row the first row of the parameter
   * @param layerRow the row of the layer's product that goes there
   * @param count how many
   */
  record Rows(String parameter, long row, long layerRow, long count) {}

  /** A piece of a module of theirs, before it is known where in it. */
  private record Piece(String parameter, long row, long count) {}

  private ModuleNames(Map<String, List<Rows>> byName) {
    this.byName = byName;
  }

  /**
   * The names of a network with these parameters. Modules are those whose weight is a matrix or the
   * kernel of a convolution.
   *
   * @param shapes of all parameters by path
   * @throws IllegalStateException if one name would mean two modules
   */
  static ModuleNames of(Map<String, long[]> shapes) {
    Map<String, Long> modules = new TreeMap<>();
    shapes.forEach(
        (path, shape) -> {
          if (path.endsWith(WEIGHT) && (shape.length == MATRIX || shape.length == KERNEL)) {
            modules.put(path.substring(0, path.length() - WEIGHT.length()), shape[0]);
          }
        });
    List<KeyMap> schemes = NamingSchemes.of(modules.keySet());
    Map<String, TreeMap<Integer, Piece>> pieces = new HashMap<>();
    modules.forEach(
        (module, rows) -> names(module, schemes).forEach(name -> add(pieces, name, module, rows)));
    Map<String, List<Rows>> byName = new HashMap<>();
    pieces.forEach((name, parts) -> byName.put(name, inOrder(parts)));
    return new ModuleNames(byName);
  }

  private static Set<String> names(String module, List<KeyMap> schemes) {
    Set<String> names = new LinkedHashSet<>(List.of(module));
    schemes.forEach(scheme -> scheme.translate(module).ifPresent(names::add));
    for (String name : List.copyOf(names)) {
      NamingSchemes.OLD_ENDINGS.forEach(
          (ours, old) -> {
            if (name.endsWith(ours)) {
              names.add(name.substring(0, name.length() - ours.length()) + old);
            }
          });
    }
    return names;
  }

  /** Adds the parts of {@code name}, which may say after a # which they are. */
  private static void add(
      Map<String, TreeMap<Integer, Piece>> pieces, String name, String module, long rows) {
    int mark = name.indexOf('#');
    String theirs = flat(mark < 0 ? name : name.substring(0, mark));
    String[] parts = mark < 0 ? new String[] {"0"} : name.substring(mark + 1).split(",", -1);
    long count = rows / parts.length;
    for (int i = 0; i < parts.length; i++) {
      Piece piece = new Piece(module + WEIGHT, i * count, count);
      Piece other =
          pieces
              .computeIfAbsent(theirs, any -> new TreeMap<>())
              .put(Integer.parseInt(parts[i]), piece);
      if (other != null && !other.equals(piece)) {
        throw new IllegalStateException(
            "'%s' means both %s and %s".formatted(name, other.parameter, piece.parameter));
      }
    }
  }

  private static List<Rows> inOrder(TreeMap<Integer, Piece> parts) {
    List<Rows> rows = new ArrayList<>();
    long begin = 0;
    for (Piece piece : parts.values()) {
      rows.add(new Rows(piece.parameter, piece.row, begin, piece.count));
      begin += piece.count;
    }
    return List.copyOf(rows);
  }

  /** What a layer of this name changes; empty if the network has no such module. */
  List<Rows> find(String name) {
    // files of diffusers before PEFT name the object that attends, which holds no weights now
    return byName.getOrDefault(flat(name.replace(".processor.", ".")), List.of());
  }

  private static String flat(String name) {
    return name.replace('.', '_');
  }
}
