package io.lssgen.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsFileTest {
  @TempDir Path folder;

  private SafetensorsFile open(String header, int dataBytes) {
    return SafetensorsFile.open(RawFile.write(folder, RawFile.bytes(header, dataBytes)));
  }

  private void refused(String header, int dataBytes, String... because) {
    assertThatThrownBy(() -> open(header, dataBytes))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll(because)
        .hasMessageContaining("raw.safetensors")
        .hasMessageNotContaining("\n");
  }

  @Test
  void listsTensorsInTheOrderOfTheFile() {
    String header =
        """
        {"b":{"dtype":"F16","shape":[3],"data_offsets":[16,22]},\
        "__metadata__":{"format":"pt","note":"ä"},\
        "a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},\
        "scalar":{"dtype":"U8","shape":[],"data_offsets":[22,23]}}   """;
    SafetensorsFile file = open(header, 23);
    long start = 8 + header.getBytes(StandardCharsets.UTF_8).length;

    assertThat(file.entries().keySet()).containsExactly("a", "b", "scalar");
    assertThat(file.entry("a"))
        .isEqualTo(new TensorInfo("a", SafetensorsType.F32, new long[] {2, 2}, start, start + 16));
    assertThat(file.entry("b").bytes()).isEqualTo(6);
    assertThat(file.entry("scalar").elements()).isEqualTo(1);
    assertThat(file.metadata()).containsEntry("format", "pt").containsEntry("note", "ä");
    assertThat(file.fileBytes()).isEqualTo(start + 23);
  }

  @Test
  void emptyFileOfNoTensorsIsValid() {
    assertThat(open("{}", 0).entries()).isEmpty();
  }

  @Test
  void emptyTensorsShareAPlace() {
    SafetensorsFile file =
        open(
            """
            {"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},\
            "none":{"dtype":"F32","shape":[0,7],"data_offsets":[0,0]}}""",
            4);
    assertThat(file.entries().keySet()).containsExactly("none", "x");
  }

  @Test
  void unreadableTypesAreListedAndTheirSizeIsChecked() {
    assertThat(open("{\"x\":{\"dtype\":\"F4\",\"shape\":[6],\"data_offsets\":[0,3]}}", 3).entries())
        .containsKey("x");
    refused("{\"x\":{\"dtype\":\"F4\",\"shape\":[5],\"data_offsets\":[0,3]}}", 3, "fraction");
    refused("{\"x\":{\"dtype\":\"Q8\",\"shape\":[3],\"data_offsets\":[0,3]}}", 3, "'Q8'", "BF16");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          [2] | [0,8]  | 4 | cut short
          [2] | [0,4]  | 8 | wants 8 bytes
          [1] | [4,8]  | 8 | hole
          [1] | [0,4]  | 8 | the file at
          [1] | [4,0]  | 8 | give -4
          [1] | [0,4,8] | 4 | two data_offsets
          [1] | [0]    | 4 | two data_offsets
          [1] | [-4,0] | 0 | negative
          [-1] | [0,4] | 4 | negative
          [4294967296,4294967296] | [0,0] | 0 | 2^63
          [9223372036854775807] | [0,4] | 4 | 2^63
          [1] | [0,9223372036854775808] | 4 | JSON
          [1] | [9223372036854775803,9223372036854775807] | 4 | 2^63
          [1.0] | [0,4] | 4 | whole numbers
          [1e0] | [0,4] | 4 | whole numbers
          ["1"] | [0,4] | 4 | whole numbers
          {} | [0,4] | 4 | whole numbers
          [[1]] | [0,4] | 4 | whole numbers
          """)
  void refusesWrongShapesAndOffsets(String shape, String offsets, int dataBytes, String because) {
    refused(
        "{\"x\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":%s}}".formatted(shape, offsets),
        dataBytes,
        because);
  }

  @Test
  void refusesOverlap() {
    refused(
        """
        {"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},\
        "y":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}""",
        12,
        "'y'",
        "overlap");
  }

  @Test
  void refusesRepeatedNames() {
    refused(
        """
        {"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},\
        "x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
        8,
        "Duplicate");
    refused(
        "{\"x\":{\"dtype\":\"F32\",\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
        4,
        "Duplicate");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " {}",
        "[]",
        "{",
        "{}}",
        "{} x",
        "{\"x\":1}",
        "{\"x\":{}}",
        "{\"__metadata__\":[]}",
        "{\"__metadata__\":{\"a\":1}}",
        "{\"x\":{\"dtype\":\"F32\",\"shape\":[1]}}",
        "nonsense",
        "{\"a\":{\"b\":[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]}}"
      })
  void refusesHeadersThatAreNone(String header) {
    refused(header, 0, "header");
  }

  @Test
  void refusesWrongUtf8() {
    byte[] json = "{\"__metadata__\":{\"a\":\"?\"}}".getBytes(StandardCharsets.US_ASCII);
    json[22] = (byte) 0xff;
    Path path = RawFile.write(folder, RawFile.bytes(json.length, json, 0));
    assertThatThrownBy(() -> SafetensorsFile.open(path)).isInstanceOf(ModelException.class);
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 1000, 100_000_000, 100_000_001, 1L << 40, Long.MAX_VALUE, -1})
  void refusesAbsurdHeaderLengths(long length) {
    Path path = RawFile.write(folder, RawFile.bytes(length, new byte[] {'{', '}'}, 0));
    assertThatThrownBy(() -> SafetensorsFile.open(path))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(Long.toUnsignedString(length));
  }

  @Test
  void refusesAFileCutShort() throws IOException {
    Path path =
        RawFile.write(
            folder,
            RawFile.bytes("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8));
    for (long length = path.toFile().length() - 1; length >= 0; length--) {
      try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
        file.setLength(length);
      }
      assertThatThrownBy(() -> SafetensorsFile.open(path))
          .isInstanceOf(ModelException.class)
          .hasMessageContaining("cut short");
    }
  }

  @Test
  void namesWhatIsMissing() {
    assertThatThrownBy(() -> SafetensorsFile.open(folder.resolve("absent.safetensors")))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("absent.safetensors", "no such file");
    assertThatThrownBy(() -> SafetensorsFile.open(folder))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("found a folder");
    assertThatThrownBy(() -> open("{}", 0).entry("y"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("'y'");
  }

  @Test
  void hostileNamesDoNotBreakTheLine() {
    refused(
        "{\"a\\n\\u001b[31m%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,8]}}"
            .formatted("x".repeat(10_000)),
        8,
        "'a??[31mxxx",
        "…'");
  }
}
