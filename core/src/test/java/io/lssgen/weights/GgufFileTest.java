package io.lssgen.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.ScopePerTest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** What is refused, and how it is said. */
@ExtendWith(ScopePerTest.class)
class GgufFileTest {
  private static final int U32 = 4;
  private static final int TEXT = 8;
  private static final int ARRAY = 9;
  private static final int F32 = 0;
  private static final int Q4_0 = 2;
  private static final int IQ1_S = 19;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private Path file;

  @BeforeEach
  void name(@TempDir Path folder) {
    file = folder.resolve("weights.gguf");
  }

  private void u32(long value) {
    out.writeBytes(
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).array());
  }

  private void u64(long value) {
    out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
  }

  private void text(String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    u64(bytes.length);
    out.writeBytes(bytes);
  }

  private void begin(int version, long tensors, long facts) {
    out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
    u32(version);
    u64(tensors);
    u64(facts);
  }

  /** Extents innermost first, as the format has them. */
  private void tensor(String name, int type, long offset, long... extents) {
    text(name);
    u32(extents.length);
    for (long extent : extents) {
      u64(extent);
    }
    u32(type);
    u64(offset);
  }

  private GgufFile opened(int dataBytes) throws IOException {
    int padding = Math.floorMod(-out.size(), 32);
    out.writeBytes(new byte[padding + dataBytes]);
    Files.write(file, out.toByteArray());
    return GgufFile.open(file);
  }

  private void assertRefused(int dataBytes, String... said) {
    assertThatThrownBy(() -> opened(dataBytes))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("weights.gguf")
        .hasMessageNotContaining("\n")
        .hasMessageContainingAll(said);
  }

  @Test
  void aFileWithoutFacts() throws IOException {
    begin(2, 2, 0);
    tensor("a", F32, 0, 3, 2);
    tensor("b", Q4_0, 32, 64, 5);
    try (GgufFile file = opened(32 + 180)) {
      assertThat(file.entry("a").shape()).containsExactly(2, 3);
      assertThat(file.entry("b").bytes()).isEqualTo(180);
      assertThat(file.rows("b").shape()).containsExactly(5, 36);
      assertThat(file.tensor("b").shape()).containsExactly(5, 64);
    }
  }

  @Test
  void otherVersions() {
    begin(1, 0, 0);
    assertRefused(0, "version 2 or 3", "version 1");
  }

  @Test
  void theOtherByteOrder() {
    begin(3 << 24, 0, 0);
    assertRefused(0, "little-endian", "big-endian");
  }

  @Test
  void oneOfSeveralParts() {
    begin(3, 0, 1);
    text("split.count");
    u32(U32);
    u32(3);
    assertRefused(0, "one of 3 parts", "--merge");
  }

  @Test
  void numbersBeyondTheFile() {
    begin(3, Long.MAX_VALUE, 0);
    assertRefused(0, "9223372036854775807 tensors");
  }

  @Test
  void aTextBeyondTheFile() {
    begin(3, 0, 1);
    u64(1L << 40);
    assertRefused(64, "it wants 1099511627776 bytes more");
  }

  @Test
  void aListBeyondTheFile() {
    begin(3, 0, 1);
    text("list");
    u32(ARRAY);
    u32(U32);
    u64(1L << 62);
    assertRefused(64, "'list'", "beyond 2^63");
  }

  @Test
  void aNameThatIsNoText() {
    begin(3, 0, 1);
    u64(1);
    out.write(0xff);
    assertRefused(64, "no valid UTF-8");
  }

  @Test
  void factsThatNobodyAsksFor() throws IOException {
    begin(3, 1, 3);
    text("no text");
    u32(TEXT);
    u64(1);
    out.write(0xff);
    text("long");
    u32(TEXT);
    u64(3 << 20);
    out.writeBytes(new byte[3 << 20]);
    text("lists");
    u32(ARRAY);
    u32(ARRAY);
    u64(2);
    for (int i = 0; i < 2; i++) {
      u32(U32);
      u64(1);
      u32(7);
    }
    tensor("a", F32, 0, 8);
    try (GgufFile file = opened(32)) {
      assertThat(file.entries()).containsOnlyKeys("a");
    }
  }

  @Test
  void listsWithoutEnd() {
    begin(3, 0, 1);
    text("deep");
    u32(ARRAY);
    for (int i = 0; i < 20; i++) {
      u32(ARRAY);
      u64(1);
    }
    assertRefused(64, "'deep'", "lists in lists");
  }

  @Test
  void moreEntriesThanAnyModelHas() {
    begin(3, 1 << 20, 0);
    assertRefused(64, "1048576 tensors", "at most 100000");
  }

  @Test
  void aTensorBeyondTheFile() {
    begin(3, 1, 0);
    tensor("a", F32, 32, 9);
    assertRefused(64, "'a'", "36 bytes at 32", "cut short");
  }

  @Test
  void tensorsThatOverlap() {
    begin(3, 2, 0);
    tensor("a", F32, 0, 16);
    tensor("b", F32, 32, 8);
    assertRefused(64, "'b'", "overlap");
  }

  @Test
  void anOffsetBetweenPlaces() {
    begin(3, 1, 0);
    tensor("a", F32, 4, 4);
    assertRefused(64, "'a'", "multiples of 32", "found 4");
  }

  @Test
  void twoOfOneName() {
    begin(3, 2, 0);
    tensor("a", F32, 0, 8);
    tensor("a", F32, 32, 8);
    assertRefused(64, "'a'", "twice");
  }

  @Test
  void rowsThatAreNoBlocks() {
    begin(3, 1, 0);
    tensor("a", Q4_0, 0, 48, 2);
    assertRefused(64, "Q4_0", "multiple of 32", "[2, 48]");
  }

  @Test
  void extentsThatOverflow() {
    begin(3, 1, 0);
    tensor("a", F32, 0, 1L << 40, 1L << 40);
    assertRefused(64, "'a'", "beyond 2^63");
  }

  @Test
  void aTypeThatIsUnknown() {
    begin(3, 1, 0);
    tensor("a", 99, 0, 32);
    assertRefused(64, "'a'", "number 99", "Q4_K");
    assertThatThrownBy(() -> GgufFile.open(file)).hasMessageNotContaining("again");
  }

  @Test
  void aTypeThatIsListedButNotRead() throws IOException {
    begin(3, 1, 0);
    tensor("a", IQ1_S, 0, 256);
    try (GgufFile file = opened(64)) {
      assertThat(file.entry("a").dtype()).isEqualTo(GgufType.IQ1_S);
      assertThatThrownBy(() -> file.tensor("a"))
          .isInstanceOf(ModelException.class)
          .hasMessageContainingAll("IQ1_S", "cannot be read", "Q8_0");
    }
  }

  @Test
  void aShapeThatDoesNotFit() {
    begin(3, 1, 1);
    text("comfy.gguf.orig_shape.a");
    u32(ARRAY);
    u32(U32);
    u64(2);
    u32(3);
    u32(5);
    tensor("a", F32, 0, 16);
    assertRefused(64, "[3, 5] is no shape for [16]");
  }
}
