package io.lssgen.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DetectionDecoderPropertyTest {
  private static final int G = 8;
  private static final DetectorConfig CONFIG =
      new DetectorConfig(
          64,
          List.of(8, 8, 8, 8),
          List.of(0, 0, 0, 0),
          4,
          List.of("dog", "cat", "car"),
          List.of("white", "red"));

  /** Maps of one picture, at first of nothing at all. */
  private static final class Picture {
    private final float[] objectness = new float[G * G];
    private final float[] classes = new float[4 * G * G];
    private final float[] boxes = new float[3 * G * G];
    private final float[] background = {5, 0};

    Picture() {
      Arrays.fill(objectness, -6);
    }

    /** Writes what a sure detector says of an object into the cells of its middle. */
    Picture with(int kind, double x, double y, double size) {
      int reach = (int) Math.round(0.2 * size * G);
      int column = (int) (x * G);
      int row = (int) (y * G);
      for (int r = Math.max(0, row - reach); r <= Math.min(G - 1, row + reach); r++) {
        for (int c = Math.max(0, column - reach); c <= Math.min(G - 1, column + reach); c++) {
          int cell = r * G + c;
          double far = Math.hypot(r - row, c - column);
          objectness[cell] = (float) Math.max(objectness[cell], 4 - 2 * far);
          classes[kind * G * G + cell] = 8;
          boxes[cell] = (float) (x * G - c - 0.5);
          boxes[G * G + cell] = (float) (y * G - r - 0.5);
          boxes[2 * G * G + cell] = (float) Math.log(size);
        }
      }
      return this;
    }

    DetectedScene decoded() {
      return new DetectionDecoder(CONFIG).decode(objectness, classes, boxes, background);
    }
  }

  @Test
  void anEmptyPictureHasNoObjects() {
    DetectedScene scene = new Picture().decoded();
    assertThat(scene.objects()).isEmpty();
    assertThat(scene.background()).isEqualTo("white");
  }

  @Property
  void anObjectIsFoundOnceWhereItIs(
      @ForAll @IntRange(max = 2) int kind,
      @ForAll @DoubleRange(min = 0.2, max = 0.9) double size,
      @ForAll @DoubleRange(min = 0, max = 0.99) double across,
      @ForAll @DoubleRange(min = 0, max = 0.99) double down) {
    double x = size / 2 + across * (1 - size);
    double y = size / 2 + down * (1 - size);
    List<Detection> seen = new Picture().with(kind, x, y, size).decoded().objects();
    assertThat(seen).hasSize(1);
    assertThat(seen.get(0).object()).isEqualTo(CONFIG.objects().get(kind));
    assertThat(seen.get(0).x()).isCloseTo(x, within(1e-5));
    assertThat(seen.get(0).y()).isCloseTo(y, within(1e-5));
    assertThat(seen.get(0).size()).isCloseTo(size, within(1e-5));
    assertThat(seen.get(0).sure()).isTrue();
  }

  @Test
  void fourNeighboursStayFour() {
    Picture picture = new Picture();
    for (int i = 0; i < 4; i++) {
      picture.with(1, 0.27 + 0.46 * (i % 2), 0.27 + 0.46 * (i / 2), 0.4);
    }
    assertThat(picture.decoded().objects())
        .hasSize(4)
        .allMatch(seen -> "cat".equals(seen.object()));
  }

  @Test
  void twoPeaksOfOneObjectAreOne() {
    Picture picture = new Picture().with(2, 0.5, 0.5, 0.8);
    picture.objectness[2 * G + 4] = 3; // above the middle, beyond the neighbouring cells
    picture.boxes[2 * G + 4] = -0.5f;
    picture.boxes[G * G + 2 * G + 4] = 1.5f;
    picture.boxes[2 * G * G + 2 * G + 4] = (float) Math.log(0.75);
    assertThat(picture.decoded().objects()).hasSize(1);
  }

  @Test
  void aWeakCentreIsSeenButNotSure() {
    Picture picture = new Picture().with(0, 0.5, 0.5, 0.3);
    picture.objectness[4 * G + 4] = -0.5f; // probability 0.38
    assertThat(picture.decoded().objects()).hasSize(1).noneMatch(Detection::sure);
  }

  /** Of a centre in a corner, each of four cells can have no more than a quarter. */
  @ParameterizedTest
  @ValueSource(ints = {2, 4})
  void aCentreBetweenCellsIsSeenAsOne(int cells) {
    Picture picture = new Picture();
    double probability = 0.9 / cells;
    for (int i = 0; i < cells; i++) {
      int cell = (3 + i / 2) * G + 3 + i % 2;
      picture.with(0, (cell % G + 0.5) / G, (cell / G + 0.5) / G, 0.2);
      picture.objectness[cell] = (float) Math.log(probability / (1 - probability));
      picture.boxes[cell] = 0.5f - i % 2; // all mean the corner, or the edge's middle
    }
    List<Detection> seen = picture.decoded().objects();
    assertThat(seen).hasSize(1);
    assertThat(seen.get(0).object()).isEqualTo("dog");
    assertThat(seen.get(0).x()).isCloseTo(0.5, within(1e-6));
    assertThat(seen.get(0).confidence()).isCloseTo(0.9, within(0.02));
  }

  @Test
  void whatCouldBeTwoThingsOrIsNoneIsNotSure() {
    Picture torn = new Picture().with(0, 0.5, 0.5, 0.3).with(1, 0.5, 0.5, 0.3);
    assertThat(torn.decoded().objects()).hasSize(1).noneMatch(Detection::sure);
    Picture unknown = new Picture().with(3, 0.5, 0.5, 0.3);
    assertThat(unknown.decoded().objects()).hasSize(1).noneMatch(Detection::sure);
  }

  @Test
  void aTornBackgroundIsUnclear() {
    Picture picture = new Picture();
    picture.background[1] = 5;
    assertThat(picture.decoded().background()).isEqualTo("white"); // half is just enough
    DetectorConfig three =
        new DetectorConfig(
            64, CONFIG.channels(), CONFIG.blocks(), 4, CONFIG.objects(), List.of("a", "b", "c"));
    DetectedScene scene =
        new DetectionDecoder(three)
            .decode(picture.objectness, picture.classes, picture.boxes, new float[] {1, 1, 1});
    assertThat(scene.background()).isNull();
  }

  @Property(tries = 200)
  void whateverTheMapsSayNoTwoThatRemainAreTheSame(@ForAll long seed) {
    Random random = new Random(seed);
    Picture picture = new Picture();
    for (float[] map : List.of(picture.objectness, picture.classes, picture.boxes)) {
      for (int i = 0; i < map.length; i++) {
        map[i] = (float) random.nextGaussian();
      }
    }
    List<Detection> seen = picture.decoded().objects();
    assertThat(seen).isNotEmpty();
    for (int i = 0; i < seen.size(); i++) {
      for (int j = 0; j < i; j++) {
        assertThat(seen.get(i).overlap(seen.get(j))).isLessThanOrEqualTo(DetectionDecoder.SAME);
        assertThat(seen.get(i).confidence()).isLessThanOrEqualTo(seen.get(j).confidence());
      }
    }
  }
}
