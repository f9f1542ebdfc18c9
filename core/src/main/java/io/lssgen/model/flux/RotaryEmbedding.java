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

  /** Rows and columns of a picture's tokens. */
  record Grid(long rows, long columns) {
    long tokens() {
      return rows * columns;
    }
  }

  private record Size(long text, List<Grid> pictures) {
    long tokens() {
      return text + pictures.stream().mapToLong(Grid::tokens).sum();
    }
  }

  RotaryEmbedding(List<Integer> axes) {
    this.axes = axes;
  }

  /**
   * The rotations of a sequence of {@code text} text tokens, then those of each picture, as (cos,
   * sin) of each pair of channels: fp32 [S, 1, D/2, 2].
   */
  synchronized Tensor table(long text, List<Grid> pictures) {
    Size size = new Size(text, List.copyOf(pictures));
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
    int tokens = Math.toIntExact(size.tokens());
    float[] values = new float[Math.multiplyExact(tokens, 2 * frequencies.length)];
    int token = 0;
    for (; token < size.text; token++) {
      turn(values, token, new long[3], frequencies);
    }
    for (int picture = 0; picture < size.pictures.size(); picture++) {
      Grid grid = size.pictures.get(picture);
      for (long i = 0; i < grid.tokens(); i++, token++) {
        long[] place = {picture, i / grid.columns(), i % grid.columns()};
        turn(values, token, place, frequencies);
      }
    }
    return Tensors.of(values, tokens, 1, frequencies.length, 2);
  }

  /** The rotations of a token that stands there. */
  private void turn(float[] values, int token, long[] place, double[] frequencies) {
    int rowStart = axes.get(0) / 2;
    int columnStart = rowStart + axes.get(1) / 2;
    for (int pair = 0; pair < frequencies.length; pair++) {
      int axis = pair < rowStart ? 0 : pair < columnStart ? 1 : 2;
      double angle = place[axis] * frequencies[pair];
      int at = 2 * (token * frequencies.length + pair);
      values[at] = (float) Math.cos(angle);
      values[at + 1] = (float) Math.sin(angle);
    }
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
