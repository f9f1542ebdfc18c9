package io.lssgen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureSplitTest {
  @TempDir Path folder;

  @Test
  void aboutTheShareIsHeldOutWhereverTheFilesLie() {
    PictureSplit split = PictureSplit.hashed(0.15);
    long count =
        IntStream.range(0, 2000)
            .filter(i -> split.holdsOut(Path.of("pictures", i + ".jpg")))
            .peek(i -> assertThat(split.holdsOut(Path.of("/else/where/" + i + ".jpg"))).isTrue())
            .count();
    assertThat(count).isBetween(250L, 350L);
  }

  @Test
  void aLargerShareHoldsOutTheSameAndMore() {
    PictureSplit small = PictureSplit.hashed(0.1);
    PictureSplit large = PictureSplit.hashed(0.3);
    IntStream.range(0, 500)
        .mapToObj(i -> Path.of(i + ".jpg"))
        .filter(small::holdsOut)
        .forEach(file -> assertThat(large.holdsOut(file)).isTrue());
  }

  /** The first digits of {@code printf a.jpg | sha256sum}: the split must never change. */
  @Test
  void theSplitIsThatOfSha256() {
    double fraction = 0x50L / 256.0; // 509b0d46…
    assertThat(PictureSplit.hashed(fraction + 1 / 256.0).holdsOut(Path.of("a.jpg"))).isTrue();
    assertThat(PictureSplit.hashed(fraction).holdsOut(Path.of("a.jpg"))).isFalse();
  }

  @Test
  void aListNamesThem() throws IOException {
    Path list = Files.writeString(folder.resolve("list.txt"), "# remark\n\nb.jpg\n");
    PictureSplit split = PictureSplit.listed(list);
    assertThat(split.holdsOut(Path.of("x/b.jpg"))).isTrue();
    assertThat(split.holdsOut(Path.of("x/a.jpg"))).isFalse();
    assertThatThrownBy(() -> PictureSplit.listed(folder.resolve("none.txt")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("none.txt is missing");
    Files.writeString(list, "\n");
    assertThatThrownBy(() -> PictureSplit.listed(list)).hasMessageContaining("lists no pictures");
  }

  @Test
  void sharesOutsideTheirRangeAreRefused() {
    assertThatThrownBy(() -> PictureSplit.hashed(1)).hasMessageContaining("found 1.0");
    assertThatThrownBy(() -> PictureSplit.hashed(Double.NaN)).hasMessageContaining("NaN");
  }
}
