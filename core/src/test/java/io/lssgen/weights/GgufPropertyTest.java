package io.lssgen.weights;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.lssgen.errors.ModelException;
import io.lssgen.model.GoldenTensors;
import io.lssgen.tensor.TensorScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/** Whatever is done to a file, the reader answers with its tensors or with one clear exception. */
class GgufPropertyTest {
  private static final byte[] VALID = valid();

  /** All of its header, and the first of its data. */
  private static final int HEADER_BYTES = 2200;

  private static Path folder;
  private static Path file;

  private static byte[] valid() {
    try {
      return Files.readAllBytes(GoldenTensors.ROOT.resolve("gguf/types.gguf"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @BeforeContainer
  static void makeFolder() throws IOException {
    folder = Files.createTempDirectory("gguf");
    file = folder.resolve("fuzz.gguf");
  }

  @AfterContainer
  static void removeFolder() throws IOException {
    Files.deleteIfExists(file);
    Files.deleteIfExists(folder);
  }

  /** One change to a file's bytes. */
  private interface Damage {
    byte[] applyTo(byte[] bytes);
  }

  @Provide
  Arbitrary<List<Damage>> damages() {
    Arbitrary<Integer> place = Arbitraries.integers().between(4, HEADER_BYTES);
    Arbitrary<Damage> flip =
        Combinators.combine(place, Arbitraries.integers().between(0, 255))
            .as((at, value) -> bytes -> put(bytes, at, new byte[] {value.byteValue()}));
    Arbitrary<Damage> number =
        Combinators.combine(
                place,
                Arbitraries.of(0L, -1L, Long.MAX_VALUE, Long.MIN_VALUE, 1L << 32, 1L << 62, 33L))
            .as((at, value) -> bytes -> put(bytes, at, little(value)));
    Arbitrary<Damage> cut =
        Arbitraries.integers()
            .between(4, VALID.length)
            .map(at -> bytes -> Arrays.copyOf(bytes, Math.min(at, bytes.length)));
    return Arbitraries.oneOf(flip, number, cut).list().ofMinSize(1).ofMaxSize(3);
  }

  private static byte[] little(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
  }

  private static byte[] put(byte[] bytes, int at, byte[] value) {
    byte[] copy = bytes.clone();
    for (int i = 0; i < value.length && at + i < copy.length; i++) {
      copy[at + i] = value[i];
    }
    return copy;
  }

  @Property(tries = 1500)
  void damagedFilesAreReadOrRefused(@ForAll("damages") List<Damage> changes) throws IOException {
    byte[] bytes = VALID;
    for (Damage change : changes) {
      bytes = change.applyTo(bytes);
    }
    Files.write(file, bytes);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try (TensorScope scope = TensorScope.open();
        WeightsFile opened = WeightsFile.open(file)) {
      readAll(opened, bytes.length);
    } catch (ModelException e) {
      assertThat(e).hasMessageContaining("fuzz.gguf").hasMessageNotContaining("\n");
    }
    assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(2 << 20);
  }

  private static void readAll(WeightsFile opened, long length) {
    for (TensorInfo info : opened.entries().values()) {
      assertThat(info.begin()).isGreaterThanOrEqualTo(4);
      assertThat(info.end()).isLessThanOrEqualTo(length);
      try (TensorScope scope = TensorScope.open()) {
        assertThat(opened.tensor(info.name()).numel()).isEqualTo(info.elements());
      } catch (ModelException e) {
        assertThat(e).hasMessageContaining("cannot be read");
      }
    }
  }
}
