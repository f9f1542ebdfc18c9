package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatentCacheTest {
  private static final int COUNT = 10;

  @TempDir Path folder;
  private final List<Long> made = new ArrayList<>();

  private LatentCache open(String origin, int count) {
    return open(origin, count, this::encode);
  }

  private LatentCache open(String origin, int count, LatentCache.Encoder encoder) {
    return LatentCache.open(
        folder.resolve("latents.bin"),
        new LatentCache.Contents(origin, count, 2, 1, 3),
        4,
        encoder,
        TinyTrainees.SILENT);
  }

  /** Latent i is i, i + ¼, …: exact in bf16. */
  private Tensor encode(long first, int n) {
    float[] values = new float[n * 6];
    for (int i = 0; i < values.length; i++) {
      values[i] = first + i / 6 + 0.125f * (i % 6);
    }
    for (int i = 0; i < n; i++) {
      made.add(first + i);
    }
    return Tensors.of(values, n, 2, 1, 3);
  }

  private static void assertHolds(LatentCache cache, long... indices) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor latents = cache.get(indices);
      assertThat(latents.dtype()).isEqualTo(DType.BF16);
      assertThat(latents.shape()).containsExactly(indices.length, 2, 1, 3);
      float[] values = latents.toFloatArray();
      for (int i = 0; i < values.length; i++) {
        assertThat(values[i]).isEqualTo(indices[i / 6] + 0.125f * (i % 6));
      }
      assertThat(scope).isNotNull();
    }
  }

  @Test
  void givesWhatWasEncodedInAnyOrder() {
    try (LatentCache cache = open("a", COUNT)) {
      assertThat(cache.count()).isEqualTo(COUNT);
      assertHolds(cache, 9, 0, 4, 4);
    }
    assertThat(made).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
  }

  @Test
  void isNotMadeTwice() {
    open("a", COUNT).close();
    made.clear();
    try (LatentCache cache = open("a", COUNT)) {
      assertHolds(cache, 7, 1);
    }
    assertThat(made).isEmpty();
  }

  @Test
  void goesOnAfterTheLastWholeRecord() throws IOException {
    open("a", COUNT).close();
    try (FileChannel channel =
        FileChannel.open(folder.resolve("latents.bin"), StandardOpenOption.WRITE)) {
      channel.truncate(6 * 12 + 5); // six records and a part of the seventh
    }
    made.clear();
    try (LatentCache cache = open("a", COUNT)) {
      assertHolds(cache, 0, 5, 6, 9);
    }
    assertThat(made).containsExactly(6L, 7L, 8L, 9L);
  }

  /** As Ctrl-C has it: the records under way are written, and no others. */
  @Test
  void anInterruptedThreadLeavesWholeRecordsAndAnotherGoesOn() throws IOException {
    LatentCache.Encoder interrupted =
        (first, n) -> {
          if (first == 4) {
            Thread.currentThread().interrupt();
          }
          return encode(first, n);
        };
    assertThatThrownBy(() -> open("a", COUNT, interrupted))
        .isInstanceOf(LssGenException.class)
        .hasMessageContaining("latents.bin");
    assertThat(Thread.interrupted()).isTrue();
    long records = Files.size(folder.resolve("latents.bin")) / 12;
    assertThat(Files.size(folder.resolve("latents.bin"))).isEqualTo(12 * records);
    assertThat(made).containsExactly(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L);
    try (LatentCache cache = open("a", COUNT)) {
      assertHolds(cache, 0, 3, 4, 9);
    }
  }

  @Test
  void growsAndServesFewer() {
    open("a", 3).close();
    try (LatentCache cache = open("a", 5)) {
      assertHolds(cache, 2, 4);
    }
    assertThat(made).containsExactly(0L, 1L, 2L, 3L, 4L);
    try (LatentCache cache = open("a", 2)) {
      assertThat(cache.count()).isEqualTo(2);
      assertThatThrownBy(() -> cache.get(2)).hasMessageContaining("index");
    }
  }

  @Test
  void refusesLatentsOfAnotherOriginAndKeepsThem() throws IOException {
    open("a", COUNT).close();
    byte[] before = Files.readAllBytes(folder.resolve("latents.bin"));
    assertThatThrownBy(() -> open("b", COUNT))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("holds latents of \"a\"")
        .hasMessageContaining("wanted b");
    assertThat(folder.resolve("latents.bin")).hasBinaryContent(before);
  }

  /** Notes of earlier versions do not say all that is known today. */
  @Test
  void aNoteMaySayLessButNothingElse() {
    open("scenes, seed 1", COUNT).close();
    made.clear();
    open("scenes, artwork 3f, seed 1, encoded in bf16", COUNT).close();
    assertThat(made).isEmpty();
    assertThatThrownBy(() -> open("scenes, artwork 3f, seed 2", COUNT))
        .isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> open("scenes", COUNT)).isInstanceOf(UsageException.class);
  }

  @Test
  void refusesToHoldNothing() {
    assertThatThrownBy(() -> open("a", 0))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("at least 1");
  }
}
