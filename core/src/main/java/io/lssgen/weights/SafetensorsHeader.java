package io.lssgen.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import io.lssgen.errors.IoReason;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON header of a safetensors file, parsed and held against the file's length. Nothing in it
 * is trusted: sizes are multiplied in exact arithmetic, the tensors must cover the data without
 * gap, overlap or rest, and no memory is taken on its word.
 */
final class SafetensorsHeader {

  /** The reference implementation's limit, in bytes. */
  static final long MAXIMUM_BYTES = 100_000_000;

  /** The length field in front of the header, in bytes. */
  static final int LENGTH_BYTES = 8;

  static final String METADATA = "__metadata__";

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CHARSET_DETECTION) // the format is UTF-8 only
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES) // names come from strangers
          .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(16)
                  .maxNumberLength(32)
                  .maxStringLength((int) MAXIMUM_BYTES)
                  .build())
          .build();

  private SafetensorsHeader() {}

  /**
   * Parses a header.
   *
   * @param json the header's bytes, padding included
   * @param fileBytes the length of the whole file; the data is what follows the header
   * @throws InvalidHeader when it breaks any rule of the format
   */
  static WeightsHeader parse(byte[] json, long fileBytes) throws InvalidHeader {
    if (json.length == 0 || json[0] != '{') {
      throw new InvalidHeader("its header does not begin with '{'");
    }
    long dataStart = LENGTH_BYTES + (long) json.length;
    try (JsonParser parser = JSON.createParser(json)) {
      parser.nextToken();
      Map<String, String> metadata = Map.of();
      List<TensorInfo> tensors = new ArrayList<>();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        if (name.equals(METADATA)) {
          metadata = parseMetadata(parser);
        } else {
          tensors.add(parseTensor(parser, name, dataStart));
        }
      }
      if (parser.nextToken() != null) {
        throw new InvalidHeader("its header goes on after the closing '}'");
      }
      return new WeightsHeader(metadata, inOrder(tensors, dataStart, fileBytes));
    } catch (JsonProcessingException e) {
      throw new InvalidHeader("its header is no valid JSON: " + firstLine(e), e);
    } catch (IOException e) {
      // Malformed UTF-8 arrives as a plain IOException; the bytes are in memory, nothing else can.
      throw new InvalidHeader("its header is no valid UTF-8: " + IoReason.of(e), e);
    }
  }

  private static Map<String, String> parseMetadata(JsonParser parser)
      throws IOException, InvalidHeader {
    require(parser.nextToken(), JsonToken.START_OBJECT, METADATA, "an object");
    Map<String, String> metadata = new LinkedHashMap<>();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      require(parser.nextToken(), JsonToken.VALUE_STRING, METADATA, "only text values");
      metadata.put(key, parser.getText());
    }
    return metadata;
  }

  private static TensorInfo parseTensor(JsonParser parser, String name, long dataStart)
      throws IOException, InvalidHeader {
    require(parser.nextToken(), JsonToken.START_OBJECT, name, "an object");
    @Nullable SafetensorsType dtype = null;
    long @Nullable [] shape = null;
    long @Nullable [] offsets = null;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String field = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (field) {
        case "dtype" -> dtype = parseType(parser, value, name);
        case "shape" -> shape = parseNumbers(parser, value, name);
        case "data_offsets" -> offsets = parseNumbers(parser, value, name);
        default -> parser.skipChildren(); // the reference implementation ignores these too
      }
    }
    if (dtype == null || shape == null || offsets == null) {
      throw InvalidHeader.at(name, "wanted dtype, shape and data_offsets, one of them is missing");
    }
    if (offsets.length != 2) {
      throw InvalidHeader.at(name, "wanted two data_offsets, found " + offsets.length);
    }
    return checked(name, dtype, shape, offsets, dataStart);
  }

  private static SafetensorsType parseType(JsonParser parser, JsonToken value, String name)
      throws IOException, InvalidHeader {
    require(value, JsonToken.VALUE_STRING, name, "a dtype in quotes");
    String text = parser.getText();
    return SafetensorsType.named(text)
        .orElseThrow(
            () ->
                InvalidHeader.at(
                    name,
                    "wanted a dtype of %s, found %s"
                        .formatted(SafetensorsType.names(), Names.quoted(text))));
  }

  private static long[] parseNumbers(JsonParser parser, JsonToken value, String name)
      throws IOException, InvalidHeader {
    require(value, JsonToken.START_ARRAY, name, "a list of whole numbers");
    long[] numbers = new long[4];
    int count = 0;
    for (JsonToken token = parser.nextToken();
        token != JsonToken.END_ARRAY;
        token = parser.nextToken()) {
      require(token, JsonToken.VALUE_NUMBER_INT, name, "a list of whole numbers");
      if (count == numbers.length) {
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      long number = parser.getLongValue(); // refuses what does not fit into 63 bits
      if (number < 0) {
        throw InvalidHeader.at(name, "wanted no negative numbers, found " + number);
      }
      numbers[count++] = number;
    }
    return Arrays.copyOf(numbers, count);
  }

  /** Checks shape × type against the length; offsets in the file count from the data's start. */
  private static TensorInfo checked(
      String name, SafetensorsType dtype, long[] shape, long[] offsets, long dataStart)
      throws InvalidHeader {
    try {
      long bits = dtype.bits();
      for (long extent : shape) {
        bits = Math.multiplyExact(bits, extent);
      }
      long length = Math.subtractExact(offsets[1], offsets[0]);
      if (bits % 8 != 0 || bits / 8 != length) {
        throw InvalidHeader.at(
            name,
            "%s%s wants %s bytes, its data_offsets [%d, %d] give %d"
                .formatted(
                    dtype,
                    Names.shape(shape),
                    bits % 8 == 0 ? bits / 8 : "a fraction of",
                    offsets[0],
                    offsets[1],
                    length));
      }
      return new TensorInfo(
          name,
          dtype,
          shape,
          Math.addExact(offsets[0], dataStart),
          Math.addExact(offsets[1], dataStart));
    } catch (ArithmeticException e) {
      throw InvalidHeader.at(name, "its shape or data_offsets are beyond 2^63 bits");
    }
  }

  /** Sorts by place and checks that the tensors cover the data: no hole, no overlap, no rest. */
  private static Map<String, TensorInfo> inOrder(
      List<TensorInfo> tensors, long dataStart, long fileBytes) throws InvalidHeader {
    tensors.sort(Comparator.comparingLong(TensorInfo::begin).thenComparingLong(TensorInfo::end));
    Map<String, TensorInfo> entries = new LinkedHashMap<>();
    long expected = dataStart;
    for (TensorInfo tensor : tensors) {
      if (tensor.end() > fileBytes) {
        throw InvalidHeader.at(
            tensor.name(),
            "it ends at byte %d, the file has %d: cut short, or its header is wrong"
                .formatted(tensor.end(), fileBytes));
      }
      if (tensor.begin() != expected) {
        throw InvalidHeader.at(
            tensor.name(),
            "wanted its first byte at %d, found %d (%s)"
                .formatted(
                    expected, tensor.begin(), tensor.begin() < expected ? "overlap" : "hole"));
      }
      expected = tensor.end();
      entries.put(tensor.name(), tensor);
    }
    if (expected != fileBytes) {
      throw new InvalidHeader(
          "its tensors end at byte %d, the file at %d".formatted(expected, fileBytes));
    }
    return entries;
  }

  private static void require(
      @Nullable JsonToken found, JsonToken wanted, String name, String description)
      throws InvalidHeader {
    if (found != wanted) {
      throw InvalidHeader.at(name, "wanted %s, found %s".formatted(description, found));
    }
  }

  private static String firstLine(JsonProcessingException e) {
    String message = e.getOriginalMessage();
    return message == null ? "unknown" : message.lines().findFirst().orElse("unknown");
  }
}
