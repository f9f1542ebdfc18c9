package io.lssgen.text;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Builds a normalization table in SentencePiece's format, which {@link PrecompiledCharsMap} and
 * Hugging Face's tokenizers read: a double array in the units of darts-clone. A node at place p
 * with offset o has its child for byte b at (p ^ o) ^ b, and its value, if any, at p ^ o.
 */
final class CharsMapBuilder {
  private static final int BLOCK = 256;
  private static final int LEAF = 1 << 31;

  private final Map<String, String> rules;
  private final ByteArrayOutputStream replacements = new ByteArrayOutputStream();
  private final BitSet usedPlaces = new BitSet();
  private final BitSet usedBases = new BitSet();
  private int[] units = new int[BLOCK];

  private CharsMapBuilder(Map<String, String> rules) {
    this.rules = rules;
  }

  private static final class Node {
    private final TreeMap<Integer, Node> children = new TreeMap<>();
    private int value = -1;
  }

  /**
   * @param rules texts, not empty and without the character 0, and what replaces them
   */
  static byte[] build(Map<String, String> rules) {
    return new CharsMapBuilder(new TreeMap<>(rules)).build();
  }

  /**
   * Rules that make text plain: lower case, compatibility characters by their plain forms (NFKC),
   * quotes and dashes as on a keyboard, control characters as spaces, and spaces around the signs
   * of ASCII, so that a word is the same word whether a comma or a bracket touches it. Covers
   * Latin, Greek, Cyrillic, punctuation, letter-like signs, ligatures and full-width forms.
   */
  static Map<String, String> plainText() {
    int[][] ranges = {
      {0x01, 0x24F}, {0x370, 0x52F}, {0x1E00, 0x1FFF}, {0x2000, 0x20CF}, {0x2100, 0x218F},
      {0x2460, 0x24FF}, {0x3000, 0x3000}, {0xFB00, 0xFB06}, {0xFEFF, 0xFEFF}, {0xFF01, 0xFF5E}
    };
    Map<String, String> keyboard = new HashMap<>();
    "‘’‚‛′".codePoints().forEach(c -> keyboard.put(Character.toString(c), "'"));
    "“”„‟″".codePoints().forEach(c -> keyboard.put(Character.toString(c), "\""));
    "‐‑‒–—―−".codePoints().forEach(c -> keyboard.put(Character.toString(c), "-"));
    Map<String, String> rules = new TreeMap<>();
    for (int[] range : ranges) {
      for (int c = range[0]; c <= range[1]; c++) {
        String text = Character.toString(c);
        String plain = spaced(keyboard.getOrDefault(text, plain(c)));
        if (Character.isDefined(c) && !plain.equals(text)) {
          rules.put(text, plain);
        }
      }
    }
    return rules;
  }

  private static String spaced(String plain) {
    boolean sign = plain.length() == 1 && plain.charAt(0) > ' ' && plain.charAt(0) < 0x7F;
    return sign && !Character.isLetterOrDigit(plain.charAt(0)) ? " " + plain + " " : plain;
  }

  private static String plain(int c) {
    int type = Character.getType(c);
    if (type == Character.FORMAT) {
      return "";
    }
    if (type == Character.CONTROL
        || Character.isSpaceChar(c)
        || type == Character.LINE_SEPARATOR
        || type == Character.PARAGRAPH_SEPARATOR) {
      return " ";
    }
    String text = Normalizer.normalize(Character.toString(c), Normalizer.Form.NFKC);
    return Normalizer.normalize(ClipTokenizer.lowerCase(text), Normalizer.Form.NFC);
  }

  private byte[] build() {
    usedPlaces.set(0);
    place(trie(), 0);
    ByteBuffer blob =
        ByteBuffer.allocate(4 + 4 * units.length + replacements.size())
            .order(ByteOrder.LITTLE_ENDIAN);
    blob.putInt(4 * units.length);
    for (int unit : units) {
      blob.putInt(unit);
    }
    return blob.put(replacements.toByteArray()).array();
  }

  private Node trie() {
    Map<String, Integer> places = new HashMap<>();
    Node root = new Node();
    rules.forEach(
        (key, replacement) -> {
          Node node = root;
          for (byte value : key.getBytes(StandardCharsets.UTF_8)) {
            node = node.children.computeIfAbsent(value & 0xFF, label -> new Node());
          }
          node.value = places.computeIfAbsent(replacement, this::append);
        });
    return root;
  }

  private int append(String replacement) {
    int start = replacements.size();
    replacements.writeBytes(replacement.getBytes(StandardCharsets.UTF_8));
    replacements.write(0);
    return start;
  }

  private void place(Node node, int place) {
    int base = freeBase(node);
    usedBases.set(base);
    units[place] |= (place ^ base) << 10;
    if (node.value >= 0) {
      units[place] |= 1 << 8;
      units[base] = node.value | LEAF;
      usedPlaces.set(base);
    }
    for (int label : node.children.keySet()) {
      units[base ^ label] = label;
      usedPlaces.set(base ^ label);
    }
    node.children.forEach((label, child) -> place(child, base ^ label));
  }

  /** A base that no other node has and at which the places of all children are free. */
  private int freeBase(Node node) {
    for (int base = 1; ; base++) {
      if (base >= units.length) {
        // whole blocks: base ^ byte then never leaves the array, whatever byte is looked up
        units = Arrays.copyOf(units, units.length + BLOCK);
      }
      int candidate = base;
      if (!usedBases.get(candidate)
          && !(node.value >= 0 && usedPlaces.get(candidate))
          && node.children.keySet().stream().noneMatch(b -> usedPlaces.get(candidate ^ b))) {
        return candidate;
      }
    }
  }
}
