package io.lssgen.eval;

import io.lssgen.nn.Conv2d;
import io.lssgen.nn.GroupNorm;
import io.lssgen.nn.Linear;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * A small convolutional detector of scenes' objects, after CenterNet (arXiv 1904.07850): for every
 * cell of a grid, whether an object's centre is there, and for the object that the cell belongs to,
 * its class, its centre and its size; for the whole picture the background's colour. Whether
 * something is there and what it is are asked apart, so that a thing which is no known object is
 * still seen, as unknown.
 *
 * <p>Legend: B batch, S the picture's side, g cells along a side, N objects, K backgrounds.
 */
public final class SceneDetector {
  private static final double EPS = 1e-5;
  private static final int COLOR_WIDTH = 32;

  private final DetectorConfig config;
  private final List<Level> levels = new ArrayList<>();
  private final Conv2d lateral;
  private final Block merge;
  private final GroupNorm norm;
  private final Conv2d objectness;
  private final Conv2d classes;
  private final Conv2d boxes;
  private final Conv2d color;
  private final Linear background;

  /** Takes its parameters from {@code parameters}. */
  public SceneDetector(Parameters parameters, DetectorConfig config) {
    this.config = config;
    int in = 3;
    for (int i = 0; i < config.channels().size(); i++) {
      levels.add(new Level(parameters.child("levels").child(i), in, i, config));
      in = config.channels().get(i);
    }
    int width = config.channels().get(config.channels().size() - 2);
    lateral = new Conv2d(parameters.child("lateral"), in, width, 1);
    merge = new Block(parameters.child("merge"), width, config.groups());
    norm = new GroupNorm(parameters.child("norm"), config.groups(), width, EPS);
    objectness = new Conv2d(parameters.child("objectness"), width, 1, 1);
    classes = new Conv2d(parameters.child("classes"), width, config.objects().size() + 1, 1);
    boxes = new Conv2d(parameters.child("boxes"), width, 3, 1);
    color = new Conv2d(parameters.child("color"), width + 3, COLOR_WIDTH, 1);
    background =
        new Linear(parameters.child("background"), COLOR_WIDTH, config.backgrounds().size());
  }

  /** What it is made of. */
  public DetectorConfig config() {
    return config;
  }

  /**
   * What the network says of a batch of pictures.
   *
   * @param objectness [B, 1, g, g], logits of an object's centre being in the cell
   * @param classes [B, N + 1, g, g], logits of the object; the last stands for none of them
   * @param boxes [B, 3, g, g]: from the cell's centre to the object's, right and down in cells, and
   *     the logarithm of its size as a fraction of the frame
   * @param background [B, K], logits of the background's colour
   */
  public record Maps(Tensor objectness, Tensor classes, Tensor boxes, Tensor background) {}

  /**
   * Reads pictures.
   *
   * @param image [B, 3, S, S], values in [−1, 1], of any floating type
   */
  public Maps forward(Tensor image) {
    try (TensorScope scope = TensorScope.open()) {
      Tensor x = image.channelsLast();
      Tensor fine = x;
      for (Level level : levels) {
        fine = x;
        x = level.forward(x);
      }
      int g = config.grid();
      x = fine.add(Functional.upsampleNearest(lateral.forward(x), g, g)); // [B, width, g, g]
      x = Functional.silu(norm.forward(merge.forward(x)));
      // Normalisation drops absolute colours, which the background is all about.
      Tensor seen = Functional.averagePool(image, config.side() / g); // [B, 3, g, g]
      Tensor colors = Functional.silu(color.forward(Tensors.cat(List.of(x, seen), 1)));
      return new Maps(
          scope.keep(objectness.forward(x)),
          scope.keep(classes.forward(x)),
          scope.keep(boxes.forward(x)),
          scope.keep(background.forward(colors.mean(false, 2, 3))));
    }
  }

  /** Half the size, then residual blocks. */
  private static final class Level {
    private final Conv2d down;
    private final GroupNorm norm;
    private final List<Block> blocks = new ArrayList<>();

    Level(Parameters parameters, int in, int index, DetectorConfig config) {
      int width = config.channels().get(index);
      down = new Conv2d(parameters.child("down"), in, width, 3, 2, 1);
      norm = new GroupNorm(parameters.child("norm"), config.groups(), width, EPS);
      for (int i = 0; i < config.blocks().get(index); i++) {
        blocks.add(new Block(parameters.child("blocks").child(i), width, config.groups()));
      }
    }

    Tensor forward(Tensor x) {
      Tensor y = Functional.silu(norm.forward(down.forward(x)));
      for (Block block : blocks) {
        y = block.forward(y);
      }
      return y;
    }
  }

  /** Two convolutions, each after normalisation, beside the identity (arXiv 1603.05027). */
  private static final class Block {
    private final GroupNorm norm1;
    private final Conv2d conv1;
    private final GroupNorm norm2;
    private final Conv2d conv2;

    Block(Parameters parameters, int width, int groups) {
      norm1 = new GroupNorm(parameters.child("norm1"), groups, width, EPS);
      conv1 = new Conv2d(parameters.child("conv1"), width, width, 3);
      norm2 = new GroupNorm(parameters.child("norm2"), groups, width, EPS);
      conv2 = new Conv2d(parameters.child("conv2"), width, width, 3);
    }

    Tensor forward(Tensor x) {
      Tensor y = conv1.forward(Functional.silu(norm1.forward(x)));
      return x.add(conv2.forward(Functional.silu(norm2.forward(y))));
    }
  }
}
