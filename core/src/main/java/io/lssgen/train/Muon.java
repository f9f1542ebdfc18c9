package io.lssgen.train;

import io.lssgen.tensor.DType;
import io.lssgen.tensor.Processor;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Muon (Jordan et al. 2024; scaled as in arXiv 2502.16982, section 2.2): a matrix moves along the
 * nearest orthogonal matrix to its momentum, so that directions with small gradients, such as fine
 * detail in pictures, are learnt as fast as those with large ones. The nearest orthogonal matrix is
 * approximated by five Newton-Schulz steps, which bf16 is exact enough for. A kernel [out, in, k,
 * k] is the matrix [out, in·k·k].
 *
 * <p>The step is scaled to the size that AdamW's have, so both share a learning rate. Vectors,
 * embeddings and tables are left to AdamW.
 *
 * <p>Legend: N matrices of one shape, r rows, c columns, r ≤ c.
 */
final class Muon {
  private static final int ITERATIONS = 5;
  private static final double LINEAR = 3.4445;
  private static final double CUBIC = -4.7750;
  private static final double QUINTIC = 2.0315;
  private static final double LEAST_NORM = 1e-7;
  private static final double ADAM_SIZE = 0.2;

  /** Parts of names of parameters that look like matrices but are tables of vectors. */
  private static final List<String> TABLES =
      List.of("token_embedding.", "position_embedding.", "shared.", "relative_attention_bias.");

  /** Most elements of the matrices that are moved at a time. */
  private static final long MOST = 1L << 21;

  private final DType type = Processor.fastestType();
  private final Map<Shape, List<List<Matrix>>> groups = new LinkedHashMap<>();

  /** Rows and columns with the smaller first. */
  private record Shape(long rows, long columns) {
    /** How many matrices are moved at a time. */
    long batch() {
      return Math.max(1, MOST / (rows * columns));
    }
  }

  /** A parameter as a matrix; {@code tall} if it has more rows than columns. */
  private record Matrix(long offset, long rows, long columns, boolean tall) {}

  Muon(ParameterLayout layout) {
    new TreeMap<>(layout.entries())
        .forEach(
            (path, entry) -> {
              if (entry.shape().length > 1 && TABLES.stream().noneMatch(path::contains)) {
                add(entry);
              }
            });
  }

  private void add(ParameterLayout.Entry entry) {
    long rows = entry.shape()[0];
    long columns = Arrays.stream(entry.shape()).skip(1).reduce(1, Math::multiplyExact);
    Shape shape = new Shape(Math.min(rows, columns), Math.max(rows, columns));
    List<List<Matrix>> batches = groups.computeIfAbsent(shape, key -> new ArrayList<>());
    if (batches.isEmpty() || batches.get(batches.size() - 1).size() == shape.batch()) {
      batches.add(new ArrayList<>());
    }
    batches.get(batches.size() - 1).add(new Matrix(entry.offset(), rows, columns, rows > columns));
  }

  /** What lies between the matrices, in a buffer of so many elements. */
  List<Part> others(long elements) {
    List<Matrix> matrices =
        groups.values().stream()
            .flatMap(List::stream)
            .flatMap(List::stream)
            .sorted(Comparator.comparingLong(Matrix::offset))
            .toList();
    List<Part> parts = new ArrayList<>();
    long start = 0;
    for (Matrix matrix : matrices) {
      parts.addAll(Part.between(start, matrix.offset));
      start = matrix.offset + matrix.rows * matrix.columns;
    }
    parts.addAll(Part.between(start, elements));
    return parts;
  }

  /**
   * Moves all matrices.
   *
   * @param mean the running mean of gradients, the latest included; fp32 [elements]
   * @param momentum the mean's decay
   */
  void move(TrainableParameters parameters, Tensor mean, double momentum, double learningRate) {
    groups.forEach(
        (shape, batches) ->
            batches.forEach(
                batch -> {
                  try (TensorScope scope = TensorScope.open()) {
                    Tensor ahead = // [N, r, c], Nesterov's
                        stacked(parameters.gradients(), batch)
                            .lerpInPlace(stacked(mean, batch), momentum);
                    Tensor steps = orthogonal(ahead.to(type)).to(DType.F32);
                    double rate = learningRate * ADAM_SIZE * Math.sqrt(shape.columns);
                    for (int i = 0; i < batch.size(); i++) {
                      view(parameters.values(), batch.get(i)).addInPlace(steps.select(0, i), -rate);
                    }
                  }
                }));
  }

  private static Tensor stacked(Tensor flat, List<Matrix> matrices) {
    return Tensors.stack(matrices.stream().map(matrix -> view(flat, matrix)).toList(), 0);
  }

  /** The matrix's part of a flat buffer, lying on its side if it is tall: [r, c], shared memory. */
  private static Tensor view(Tensor flat, Matrix matrix) {
    Tensor part =
        flat.narrow(0, matrix.offset, matrix.rows * matrix.columns)
            .reshape(matrix.rows, matrix.columns);
    return matrix.tall ? part.transpose(0, 1) : part;
  }

  /** x [N, r, c]. */
  private static Tensor orthogonal(Tensor x) {
    Tensor norm = x.square().sum(true, 1, 2).sqrt();
    Tensor result = x.div(norm.add(LEAST_NORM));
    for (int i = 0; i < ITERATIONS; i++) {
      Tensor gram = result.bmm(result.transpose(1, 2)); // [N, r, r]
      Tensor polynomial = gram.baddbmm(CUBIC, QUINTIC, gram, gram);
      result = result.baddbmm(LINEAR, 1, polynomial, result);
    }
    return result;
  }
}
