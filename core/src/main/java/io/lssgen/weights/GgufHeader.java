package io.lssgen.weights;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a GGUF file, parsed and held against the file's length: numbers of facts and
 * tensors, the facts, the tensors; see <a
 * href="https://github.com/ggml-org/ggml/blob/master/docs/gguf.md">the specification</a>. Nothing
 * in it is trusted: sizes are multiplied in exact arithmetic, tensors must not overlap or go beyond
 * the file, and no memory is taken on its word.
 *
 * <p>Lists of facts are not held: {@link #lists()} says where they are.
 */
final class GgufHeader {
  /** Headers with a tokenizer's words take some megabytes. */
  static final long MAXIMUM_BYTES = 100_000_000;

  static final byte[] MAGIC = "GGUF".getBytes(StandardCharsets.US_ASCII);

  /** Where converters say the shape of a tensor that they stored in another. */
  private static final String ORIGINAL_SHAPE = "comfy.gguf.orig_shape.";

  private static final String ALIGNMENT = "general.alignment";
  private static final long USUAL_ALIGNMENT = 32;
  private static final long LARGEST_ALIGNMENT = 1 << 20;
  private static final int LONGEST_NAME = 65_535;
  static final int LONGEST_TEXT = 1 << 20;
  private static final int MOST_DIMENSIONS = 8;

  /** Far above what models have: FLUX.1 has 780 tensors. */
  private static final int MOST_ENTRIES = 100_000;

  private static final int DEEPEST_LIST = 8;

  private final GgufCursor cursor;
  private final long fileBytes;
  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, Values> lists = new HashMap<>();
  private final Map<String, long[]> originalShapes = new HashMap<>();
  private final List<Stored> tensors = new ArrayList<>();

  /**
   * A list of facts, which is read when it is asked for.
   *
   * @param begin its first value's place in the file
   */
  record Values(GgufValue type, long count, long begin) {}

  /** A tensor as the header has it. */
  private record Stored(String name, GgufType type, long[] shape, long offset) {}

  private GgufHeader(FileChannel channel, long fileBytes) {
    this.fileBytes = fileBytes;
    cursor = new GgufCursor(channel, MAGIC.length, Math.min(fileBytes, MAXIMUM_BYTES));
  }

  /**
   * Reads a header.
   *
   * @param channel a file that begins with {@link #MAGIC}
   * @throws InvalidHeader when it breaks a rule of the format, or is of a kind that is not
   *     supported
   */
  static GgufHeader read(FileChannel channel, long fileBytes) throws IOException, InvalidHeader {
    GgufHeader header = new GgufHeader(channel, fileBytes);
    header.requireVersion();
    long tensorCount = header.cursor.count("a number of tensors");
    long factCount = header.cursor.count("a number of facts");
    if (tensorCount > MOST_ENTRIES || factCount > MOST_ENTRIES) {
      throw new InvalidHeader(
          "its header wants %d tensors and %d facts, at most %d of each are read"
              .formatted(tensorCount, factCount, MOST_ENTRIES));
    }
    for (long i = 0; i < factCount; i++) {
      header.readFact();
    }
    for (long i = 0; i < tensorCount; i++) {
      header.readTensor();
    }
    header.requireWhole();
    return header;
  }

  private void requireVersion() throws IOException, InvalidHeader {
    long version = cursor.unsignedInt();
    if ((version & 0xffff) == 0) {
      throw InvalidHeader.unsupported("wanted a little-endian GGUF file, found a big-endian one");
    }
    if (version != 2 && version != 3) {
      throw InvalidHeader.unsupported("wanted GGUF of version 2 or 3, found version " + version);
    }
  }

  private void readFact() throws IOException, InvalidHeader {
    String key = cursor.text(LONGEST_NAME);
    GgufValue type = type(key);
    if (type == GgufValue.ARRAY) {
      readList(key);
    } else if (type == GgufValue.STRING) {
      keep(key, cursor.shortText(LONGEST_TEXT)); // a longer one, as of a tokenizer, is not wanted
    } else {
      keep(key, scalar(type));
    }
  }

  private void keep(String key, String value) throws InvalidHeader {
    if (metadata.put(key, value) != null) {
      throw InvalidHeader.at(key, "it is there twice");
    }
  }

  private GgufValue type(String key) throws IOException, InvalidHeader {
    long id = cursor.unsignedInt();
    return GgufValue.of(id)
        .orElseThrow(() -> InvalidHeader.at(key, "wanted a type from 0 to 12, found " + id));
  }

  private String scalar(GgufValue type) throws IOException, InvalidHeader {
    return type == GgufValue.BOOL
        ? String.valueOf(cursor.unsignedByte() != 0)
        : cursor.number(type).toString();
  }

  private void readList(String key) throws IOException, InvalidHeader {
    GgufValue type = type(key);
    if (type == GgufValue.ARRAY) {
      skipLists(key, 1); // nothing that is wanted has these
      return;
    }
    long count = cursor.count("a number of values");
    if (lists.put(key, new Values(type, count, cursor.position())) != null) {
      throw InvalidHeader.at(key, "it is there twice");
    }
    if (key.startsWith(ORIGINAL_SHAPE)) {
      originalShapes.put(key.substring(ORIGINAL_SHAPE.length()), shape(key, type, count));
    } else {
      skipValues(key, type, count);
    }
  }

  private void skipValues(String key, GgufValue type, long count)
      throws IOException, InvalidHeader {
    if (type != GgufValue.STRING) {
      cursor.skip(exactly(key, count, type.bytes()));
      return;
    }
    for (long i = 0; i < count; i++) {
      cursor.skipText();
    }
  }

  /** The lists of a list, behind its type. */
  private void skipLists(String key, int depth) throws IOException, InvalidHeader {
    if (depth > DEEPEST_LIST) {
      throw InvalidHeader.at(key, "it has lists in lists, deeper than " + DEEPEST_LIST);
    }
    long lists = cursor.count("a number of lists");
    for (long i = 0; i < lists; i++) {
      GgufValue type = type(key);
      if (type == GgufValue.ARRAY) {
        skipLists(key, depth + 1);
      } else {
        skipValues(key, type, cursor.count("a number of values"));
      }
    }
  }

  /** A shape in torch's order, outermost first. */
  private long[] shape(String key, GgufValue type, long count) throws IOException, InvalidHeader {
    if (count > MOST_DIMENSIONS || !type.isWhole()) {
      throw InvalidHeader.at(
          key, "wanted at most %d whole numbers, found %d".formatted(MOST_DIMENSIONS, count));
    }
    long[] shape = new long[(int) count];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = cursor.number(type).longValue();
    }
    return shape;
  }

  private void readTensor() throws IOException, InvalidHeader {
    String name = cursor.text(LONGEST_NAME);
    long dimensions = cursor.unsignedInt();
    if (dimensions > MOST_DIMENSIONS) {
      throw InvalidHeader.at(
          name, "wanted at most %d dimensions, found %d".formatted(MOST_DIMENSIONS, dimensions));
    }
    long[] shape = new long[(int) dimensions];
    for (int i = shape.length - 1; i >= 0; i--) {
      shape[i] = cursor.count("an extent"); // the innermost comes first
    }
    long id = cursor.unsignedInt();
    GgufType type =
        GgufType.of(id)
            .orElseThrow(
                () ->
                    InvalidHeader.unsupported(
                        "the tensor %s is of the type number %d, which cannot be read; wanted %s"
                            .formatted(Names.quoted(name), id, GgufType.readable())));
    tensors.add(new Stored(name, type, shape, cursor.count("an offset")));
  }

  private void requireWhole() throws InvalidHeader {
    String parts = metadata.getOrDefault("split.count", "1");
    if (!parts.equals("1") && !parts.equals("0")) {
      throw InvalidHeader.unsupported(
          "it is one of %s parts, which are not supported; join them with gguf-split --merge"
              .formatted(parts));
    }
  }

  /** The tensors, in the order in which they lie in the file, held against its length. */
  Map<String, TensorInfo> entries() throws InvalidHeader {
    long alignment = alignment();
    long dataStart = Math.addExact(cursor.position(), alignment - 1) / alignment * alignment;
    List<TensorInfo> places = new ArrayList<>();
    for (Stored tensor : tensors) {
      places.add(place(tensor, dataStart, alignment));
    }
    places.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
    Map<String, TensorInfo> entries = new LinkedHashMap<>();
    long expected = dataStart;
    for (TensorInfo place : places) {
      if (place.begin() < expected) {
        throw InvalidHeader.at(
            place.name(),
            "wanted its first byte at %d or later, found %d (overlap)"
                .formatted(expected, place.begin()));
      }
      expected = place.end();
      if (entries.put(place.name(), place) != null) {
        throw InvalidHeader.at(place.name(), "it is there twice");
      }
    }
    return entries;
  }

  private long alignment() throws InvalidHeader {
    String text = metadata.getOrDefault(ALIGNMENT, Long.toString(USUAL_ALIGNMENT));
    try {
      long alignment = Long.parseLong(text);
      if (alignment >= 8 && alignment <= LARGEST_ALIGNMENT && Long.bitCount(alignment) == 1) {
        return alignment;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw InvalidHeader.at(
        ALIGNMENT,
        "wanted a power of two from 8 to %d, found %s"
            .formatted(LARGEST_ALIGNMENT, Names.quoted(text)));
  }

  private TensorInfo place(Stored tensor, long dataStart, long alignment) throws InvalidHeader {
    String name = tensor.name;
    long bytes = bytes(tensor);
    if (tensor.offset % alignment != 0) {
      throw InvalidHeader.at(
          name,
          "wanted an offset in multiples of %d, found %d".formatted(alignment, tensor.offset));
    }
    // Both are below 2^63, the sum may not be.
    if (tensor.offset > fileBytes - dataStart || bytes > fileBytes - dataStart - tensor.offset) {
      throw InvalidHeader.at(
          name,
          "its %d bytes at %d go beyond the file's %d: cut short, or its header is wrong"
              .formatted(bytes, tensor.offset, fileBytes));
    }
    long begin = dataStart + tensor.offset;
    return new TensorInfo(name, tensor.type, shape(tensor), begin, begin + bytes);
  }

  private static long bytes(Stored tensor) throws InvalidHeader {
    int block = tensor.type.blockElements();
    long row = tensor.shape.length == 0 ? 1 : tensor.shape[tensor.shape.length - 1];
    if (row % block != 0) {
      throw InvalidHeader.at(
          tensor.name,
          "%s wants rows of a multiple of %d numbers, found %s"
              .formatted(tensor.type, block, Names.shape(tensor.shape)));
    }
    return exactly(
        tensor.name, elements(tensor.name, tensor.shape) / block, tensor.type.blockBytes());
  }

  private long[] shape(Stored tensor) throws InvalidHeader {
    long[] original = originalShapes.getOrDefault(tensor.name, tensor.shape);
    if (Arrays.stream(original).anyMatch(extent -> extent < 0)
        || elements(tensor.name, original) != elements(tensor.name, tensor.shape)) {
      throw InvalidHeader.at(
          ORIGINAL_SHAPE + tensor.name,
          "%s is no shape for %s".formatted(Names.shape(original), Names.shape(tensor.shape)));
    }
    return original;
  }

  private static long elements(String name, long[] shape) throws InvalidHeader {
    long elements = 1;
    for (long extent : shape) {
      elements = exactly(name, elements, extent);
    }
    return elements;
  }

  private static long exactly(String name, long first, long second) throws InvalidHeader {
    try {
      return Math.multiplyExact(first, second);
    } catch (ArithmeticException e) {
      throw InvalidHeader.at(name, "its size is beyond 2^63");
    }
  }

  /** Facts that are one text or number, as text. */
  Map<String, String> metadata() {
    return metadata;
  }

  /** Where the lists among the facts are, by key. */
  Map<String, Values> lists() {
    return lists;
  }
}
