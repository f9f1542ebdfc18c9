package io.lssgen.train;

import io.lssgen.eval.DetectorConfig;
import io.lssgen.scenes.PlacedObject;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * What a detector shall say of a batch of pictures. Cells are numbered through the batch, picture
 * by picture, row by row: B · g · g of them.
 *
 * @param heat of each cell: 1 where an object's centre is, falling off around it
 * @param objects how many objects there are
 * @param cells numbers of the cells in the middle of an object, in which its class and box are
 *     learnt
 * @param classes class of each of these
 * @param boxes 3 values for each of these, as in {@link io.lssgen.eval.SceneDetector.Maps}
 * @param backgrounds number of each picture's background colour
 */
record DetectorTargets(
    float[] heat, int objects, long[] cells, long[] classes, float[] boxes, long[] backgrounds) {
  /** Around an object's centre, the part of its size in which cells know of it. */
  private static final double CORE = 0.2;

  /** At most so many cells from the centre, or large objects would have nearly all the say. */
  private static final double LARGEST_CORE = 1.5;

  private static final double SPREAD = 1 / 9.0;
  private static final double LEAST_SPREAD = 0.6;

  /** Targets for pictures. */
  static DetectorTargets of(List<DetectorTrainee.Labelled> pictures, DetectorConfig config) {
    int g = config.grid();
    Builder builder = new Builder(pictures.size() * g * g);
    long[] backgrounds = new long[pictures.size()];
    int objects = 0;
    for (int i = 0; i < pictures.size(); i++) {
      DetectorTrainee.Labelled picture = pictures.get(i);
      backgrounds[i] = number(config.backgrounds(), picture.scene().background());
      for (PlacedObject each : picture.scene().objects()) {
        int known = number(config.objects(), each.object());
        builder.add(each, picture.known() ? known : config.unknown(), i * g * g, g);
        objects++;
      }
    }
    return builder.build(objects, backgrounds);
  }

  private static int number(List<String> names, String name) {
    int number = names.indexOf(name);
    if (number < 0) {
      throw new IllegalArgumentException("the detector knows no '" + name + "'");
    }
    return number;
  }

  private static final class Builder {
    private final float[] heat;
    private final LongStream.Builder cells = LongStream.builder();
    private final LongStream.Builder classes = LongStream.builder();
    private float[] boxes = new float[0];

    Builder(int count) {
      heat = new float[count];
    }

    void add(PlacedObject object, int number, int firstCell, int g) {
      double x = object.x() * g;
      double y = object.y() * g;
      double spread = Math.max(LEAST_SPREAD, object.size() * g * SPREAD);
      double core = Math.min(LARGEST_CORE, Math.max(0.5, object.size() * g * CORE));
      for (int row = 0; row < g; row++) {
        for (int column = 0; column < g; column++) {
          int cell = firstCell + row * g + column;
          double far = Math.pow(column - Math.floor(x), 2) + Math.pow(row - Math.floor(y), 2);
          heat[cell] = (float) Math.max(heat[cell], Math.exp(-far / (2 * spread * spread)));
          double dx = x - column - 0.5;
          double dy = y - row - 0.5;
          if (Math.max(Math.abs(dx), Math.abs(dy)) <= core) {
            cells.add(cell);
            classes.add(number);
            int at = boxes.length;
            boxes = Arrays.copyOf(boxes, at + 3);
            boxes[at] = (float) dx;
            boxes[at + 1] = (float) dy;
            boxes[at + 2] = (float) Math.log(object.size());
          }
        }
      }
    }

    DetectorTargets build(int objects, long[] backgrounds) {
      return new DetectorTargets(
          heat, objects, cells.build().toArray(), classes.build().toArray(), boxes, backgrounds);
    }
  }
}
