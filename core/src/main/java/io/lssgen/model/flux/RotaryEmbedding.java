package io.lssgen.model.flux;

import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Rotary position embedding (arXiv 2104.09864) over three axes: text tokens stand at (0, 0, 0), the
 * token in row r and column c of picture p, from 0, at (p, r, c). Angles are computed in fp64.
 *
 * <p>Tables are kept for the sizes used last, since a denoising loop asks for the same one in each
 * step. Thread-safe.
 */
final class RotaryEmbedding implements AutoCloseable {
  private static final double THETA = 10_000;
  private static final int KEPT_TABLES = 8;

  private final List<Integer> axes;
  private final Map<Size, Tensor> tables = new LinkedHashMap<>(16, 0.75f, true);

  private record Size(long text, long pictures, long rows, long columns) {
    long tokens() {
      return text + pictures * rows * columns;
    }

    /** Where a token stands on an axis. */
    long position(long token, int axis) {
      long image = token - text;
      if (image < 0) {
        return 0;
      }
      long inPicture = image % (rows * columns);
      return switch (axis) {
        case 0 -> image / (rows * columns);
        case 1 -> inPicture / columns;
        default -> inPicture % columns;
      };
    }
  }

  RotaryEmbedding(List<Integer> axes) {
    this.axes = axes;
  }

  /**
   * The rotations of a sequence of {@code text} text tokens, then {@code rows · columns} tokens of
   * each picture, as (cos, sin) of each pair of channels: fp32 [S, 1, D/2, 2].
   */
  synchronized Tensor table(long text, long pictures, long rows, long columns) {
    Size size = new Size(text, pictures, rows, columns);
    Tensor known = tables.get(size);
    if (known != null) {
      return known.detach(); // a handle of the caller's, since a table may be dropped meanwhile
    }
    if (tables.size() == KEPT_TABLES) {
      tables.remove(tables.keySet().iterator().next()).close();
    }
    Tensor made = make(size).release();
    tables.put(size, made);
    return made.detach();
  }

  private Tensor make(Size size) {
    double[] frequencies = frequencies();
    int pairs = frequencies.length;
    int tokens = Math.toIntExact(size.tokens());
    int rowStart = axes.get(0) / 2;
    int columnStart = rowStart + axes.get(1) / 2;
    float[] values = new float[Math.multiplyExact(tokens, 2 * pairs)];
    for (int token = 0; token < tokens; token++) {
      for (int pair = 0; pair < pairs; pair++) {
        int axis = pair < rowStart ? 0 : pair < columnStart ? 1 : 2;
        double angle = size.position(token, axis) * frequencies[pair];
        int at = 2 * (token * pairs + pair);
        values[at] = (float) Math.cos(angle);
        values[at + 1] = (float) Math.sin(angle);
      }
    }
    return Tensors.of(values, tokens, 1, pairs, 2);
  }

  /** Of each pair of channels: THETA^(−2i / d) for pair i of an axis of d channels. */
  private double[] frequencies() {
    double[] frequencies = new double[axes.stream().mapToInt(Integer::intValue).sum() / 2];
    int at = 0;
    for (int channels : axes) {
      for (int i = 0; i < channels / 2; i++) {
        frequencies[at++] = 1 / Math.pow(THETA, 2.0 * i / channels);
      }
    }
    return frequencies;
  }

  @Override
  public void close() {
    tables.values().forEach(Tensor::close);
    tables.clear();
  }
}
