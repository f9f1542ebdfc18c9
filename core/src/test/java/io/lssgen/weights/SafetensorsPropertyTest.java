package io.lssgen.weights;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.lssgen.errors.ModelException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever is done to a file, the reader answers with its tensors or with one clear exception. */
class SafetensorsPropertyTest {
  private static final String[] HOSTILE = {
    "-1",
    "0",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "4294967296",
    "1e9",
    "null",
    "[]",
    "{}",
    "\"\"",
    ",",
    "\"dtype\"",
    "\"F64\"",
    "\"data_offsets\":[0,4]",
    "\0"
  };

  private static Path folder;
  private static Path file;

  @BeforeContainer
  static void makeFolder() throws IOException {
    folder = Files.createTempDirectory("safetensors");
    file = folder.resolve("fuzz.safetensors");
  }

  @AfterContainer
  static void removeFolder() throws IOException {
    Files.deleteIfExists(file);
    Files.deleteIfExists(folder);
  }

  /** One change to a file's bytes; places are taken modulo the length. */
  private interface Damage {
    byte[] applyTo(byte[] bytes);
  }

  private static final byte[] VALID = validFile();

  private static byte[] validFile() {
    return RawFile.bytes(
        """
        {"__metadata__":{"format":"pt"},\
        "a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},\
        "b":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},\
        "c":{"dtype":"U8","shape":[3],"data_offsets":[32,35]},\
        "d":{"dtype":"F16","shape":[2],"data_offsets":[35,39]},\
        "e":{"dtype":"F8_E5M2","shape":[1],"data_offsets":[39,40]}}  """,
        40);
  }

  @Provide
  Arbitrary<List<Damage>> damages() {
    return damage().list().ofMinSize(1).ofMaxSize(3);
  }

  private static Arbitrary<Damage> damage() {
    Arbitrary<Integer> place = Arbitraries.integers().between(0, VALID.length - 1);
    Arbitrary<Damage> flip =
        Combinators.combine(place, Arbitraries.integers().between(1, 255))
            .as((at, mask) -> bytes -> set(bytes, at, b -> b ^ mask));
    Arbitrary<Damage> cut = place.map(at -> bytes -> Arrays.copyOf(bytes, at % (bytes.length + 1)));
    Arbitrary<Damage> length =
        Arbitraries.longs()
            .map(value -> bytes -> bytes.length < 8 ? bytes : setLength(bytes, value));
    Arbitrary<Damage> put =
        Combinators.combine(place, Arbitraries.of(HOSTILE), Arbitraries.integers().between(0, 12))
            .as((at, text, over) -> bytes -> splice(bytes, at, over, text));
    Arbitrary<Damage> repeat =
        Combinators.combine(place, Arbitraries.integers().between(1, 80))
            .as((at, count) -> bytes -> repeat(bytes, at, count));
    return Arbitraries.oneOf(flip, cut, length, put, put, repeat);
  }

  private interface ByteChange {
    int apply(int value);
  }

  private static byte[] set(byte[] bytes, int at, ByteChange change) {
    byte[] copy = bytes.clone();
    if (copy.length > 0) {
      copy[at % copy.length] = (byte) change.apply(copy[at % copy.length]);
    }
    return copy;
  }

  private static byte[] setLength(byte[] bytes, long value) {
    byte[] copy = bytes.clone();
    ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
    return copy;
  }

  /** Puts text in place of some bytes and, mostly, makes the header's length true again. */
  private static byte[] splice(byte[] bytes, int at, int over, String text) {
    if (bytes.length < 9) {
      return bytes;
    }
    int from = 8 + at % (bytes.length - 8);
    int to = Math.min(bytes.length, from + over);
    byte[] put = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer changed = ByteBuffer.allocate(bytes.length - (to - from) + put.length);
    changed.put(bytes, 0, from).put(put).put(bytes, to, bytes.length - to);
    long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    return setLength(changed.array(), length + put.length - (to - from));
  }

  private static byte[] repeat(byte[] bytes, int at, int count) {
    if (bytes.length < 9) {
      return bytes;
    }
    int from = 8 + at % (bytes.length - 8);
    int end = Math.min(bytes.length, from + count);
    return splice(
        bytes, from - 8, 0, new String(bytes, from, end - from, StandardCharsets.ISO_8859_1));
  }

  @Property(tries = 2000)
  void damagedFilesAreReadOrRefused(@ForAll("damages") List<Damage> changes) throws IOException {
    byte[] bytes = VALID;
    for (Damage change : changes) {
      bytes = change.applyTo(bytes);
    }
    Files.write(file, bytes);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try (TensorScope scope = TensorScope.open();
        SafetensorsFile opened = SafetensorsFile.open(file)) {
      requireInside(opened, bytes.length);
      readAll(opened);
    } catch (ModelException e) {
      assertThat(e).hasMessageContaining("fuzz.safetensors").hasMessageNotContaining("\n");
    }
    // A megabyte is what JSON buffers, class loading and messages take; far below what is claimed.
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(2 << 20);
  }

  private static void requireInside(SafetensorsFile opened, long length) {
    long data = opened.entries().values().stream().mapToLong(TensorInfo::bytes).sum();
    assertThat(data).isLessThanOrEqualTo(length);
    assertThat(opened.entries().values())
        .allMatch(info -> info.begin() >= 8 && info.end() <= length);
  }

  private static void readAll(SafetensorsFile opened) {
    for (TensorInfo info : opened.entries().values()) {
      if (info.dtype().tensorType().isPresent()) {
        assertThat(bytes(opened.tensor(info.name()))).hasSize((int) info.bytes());
      }
    }
  }

  private static byte[] bytes(Tensor tensor) {
    return tensor.numel() == 0 ? new byte[0] : tensor.toByteArray();
  }

  @Property(tries = 200)
  void whatIsWrittenIsRead(
      @ForAll @Size(max = 6) List<@IntRange(min = 0, max = 5) Integer> extents,
      @ForAll @Size(max = 5) List<DType> types,
      @ForAll long seed)
      throws IOException {
    long[] shape = extents.stream().limit(4).mapToLong(Integer::longValue).toArray();
    try (TensorScope scope = TensorScope.open();
        Rng rng = new Rng(seed)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (DType type : types) {
        tensors.put("t" + tensors.size(), rng.randn(shape).mul(100).to(type));
      }
      SafetensorsWriter.write(file, tensors);
      try (SafetensorsFile opened = SafetensorsFile.open(file)) {
        assertThat(opened.entries()).hasSize(types.size());
        tensors.forEach(
            (name, tensor) -> {
              assertThat(opened.tensor(name).dtype()).isEqualTo(tensor.dtype());
              assertThat(opened.tensor(name).shape()).isEqualTo(shape);
              assertThat(bytes(opened.tensor(name))).isEqualTo(bytes(tensor));
              assertThat(opened.entry(name).begin() % tensor.dtype().bytes()).isZero();
            });
      }
    }
  }
}
