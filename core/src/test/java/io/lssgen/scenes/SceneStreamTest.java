package io.lssgen.scenes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SceneStreamTest {
  @Test
  void anItemDependsOnSeedAndIndexAlone() {
    List<SceneSample> inOrder =
        IntStream.range(0, 40).mapToObj(i -> MiniArtworkStream.A.sample(i, 96)).toList();
    SceneStream another = MiniArtwork.stream(7);
    for (int i = 39; i >= 0; i -= 3) {
      assertThat(another.sample(i, 96)).isEqualTo(inOrder.get(i));
    }
  }

  @Test
  void threadsMayShareAStream() {
    SceneStream shared = MiniArtwork.stream(7);
    List<SceneSample> parallel =
        IntStream.range(0, 40).parallel().mapToObj(i -> shared.sample(i, 96)).toList();
    List<SceneSample> alone =
        IntStream.range(0, 40).mapToObj(i -> MiniArtworkStream.A.sample(i, 96)).toList();
    assertThat(parallel).isEqualTo(alone);
  }

  @Test
  void seedsAndVariantsDiffer() {
    SceneStream a = MiniArtwork.stream(7);
    SceneStream b = MiniArtwork.stream(8);
    long sameScene = IntStream.range(0, 200).filter(i -> a.scene(i).equals(b.scene(i))).count();
    long sameCaption =
        IntStream.range(0, 200).filter(i -> a.caption(i, 1).equals(a.caption(i, 2))).count();
    assertThat(sameScene).isZero();
    assertThat(sameCaption).isLessThan(60);
    assertThat(a.caption(3, 0)).isEqualTo(a.caption(3));
  }

  /** Made once: reading and cutting the artwork costs more than the test. */
  private static final class MiniArtworkStream {
    static final SceneStream A = MiniArtwork.stream(7);
  }
}
