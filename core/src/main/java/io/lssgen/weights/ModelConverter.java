package io.lssgen.weights;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.ModelFolder;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Copies a model folder with its floating-point weights in another type. */
public final class ModelConverter {
  private ModelConverter() {}

  /**
   * Copies every file of {@code source} and of its folders to {@code target}; safetensors files are
   * rewritten with their floating-point tensors in {@code type}, and the indices of sharded ones
   * say their new size. The copy appears whole or not at all.
   *
   * @param type fp32, bf16 or fp16
   * @throws UsageException if {@code target} exists and is no empty folder, or for another type
   * @throws ModelException if {@code source} is missing, holds no weights or only some parts of
   *     sharded ones, or a file is damaged
   * @throws LssGenException if the copy cannot be written
   */
  public static void convert(Path source, Path target, DType type) {
    if (!type.isForModels()) {
      throw new UsageException(
          "weights can be converted to fp32, bf16 or fp16, wanted " + type.label());
    }
    List<Path> files = files(source);
    requireEmpty(target);
    ModelFolder.replace(
        target.toAbsolutePath().normalize(), fresh -> write(source, files, fresh, type));
  }

  private static void write(Path source, List<Path> files, Path target, DType type) {
    for (Path file : files) {
      Path copy = target.resolve(source.relativize(file));
      try {
        Files.createDirectories(copy.resolveSibling("."));
        if (isWeights(file)) {
          convertFile(file, copy, type);
        } else {
          Files.copy(file, copy);
        }
      } catch (IOException e) {
        throw new LssGenException(copy + " cannot be written: " + IoReason.of(e), e);
      }
    }
    files.stream()
        .filter(CheckpointFiles::isIndex)
        .forEach(index -> ShardIndex.correctSize(target.resolve(source.relativize(index))));
  }

  private static boolean isWeights(Path file) {
    return file.toString().endsWith(CheckpointFiles.EXTENSION);
  }

  private static void convertFile(Path file, Path copy, DType type) {
    try (Checkpoint weights = Checkpoint.open(file);
        TensorScope scope = TensorScope.open()) {
      Map<String, Tensor> tensors = new TreeMap<>();
      for (String name : weights.names()) {
        try (TensorScope one = TensorScope.open()) {
          Tensor tensor = weights.tensor(name);
          tensors.put(name, one.keep(tensor.dtype().isFloating() ? tensor.to(type) : tensor));
        }
      }
      SafetensorsWriter.write(copy, tensors, weights.files().get(0).metadata());
    }
  }

  private static List<Path> files(Path source) {
    if (!Files.isDirectory(source)) {
      throw new ModelException(
          "cannot convert %s: wanted a model folder, found %s"
              .formatted(source, Files.exists(source) ? "a file" : "nothing of that name"));
    }
    List<Path> files;
    try (Stream<Path> walk = Files.walk(source)) {
      files = walk.filter(Files::isRegularFile).sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      throw new ModelException("cannot convert %s: %s".formatted(source, e.getMessage()), e);
    }
    if (files.stream().noneMatch(ModelConverter::isWeights)) {
      throw new ModelException(
          "cannot convert %s: wanted *%s files in it, found none"
              .formatted(source, CheckpointFiles.EXTENSION));
    }
    files.stream()
        .filter(file -> file.toString().endsWith(CheckpointFiles.GGUF))
        .findFirst()
        .ifPresent(
            gguf -> {
              throw new ModelException(
                  "cannot convert %s: it holds the GGUF file %s; only safetensors are converted"
                      .formatted(source, gguf.getFileName()));
            });
    files.stream()
        .filter(CheckpointFiles::isIndex)
        .forEach(index -> ShardIndex.read(index).requireAllFiles(index));
    return files;
  }

  private static void requireEmpty(Path target) {
    if (Files.notExists(target)) {
      return;
    }
    if (!Files.isDirectory(target)) {
      throw new UsageException(target + " is a file; name a new folder");
    }
    try (Stream<Path> inside = Files.list(target)) {
      if (inside.findAny().isPresent()) {
        throw new UsageException(target + " is not empty; name a new folder");
      }
    } catch (IOException e) {
      throw new UsageException(target + " cannot be read: " + IoReason.of(e));
    }
  }
}
