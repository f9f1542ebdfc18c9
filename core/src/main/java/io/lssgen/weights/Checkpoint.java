package io.lssgen.weights;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The weights of one model component as one list of named tensors, whether they lie in one
 * safetensors file, in several with an index, or in an autoencoder's two halves. Opening reads
 * headers only; see {@link SafetensorsFile} for how tensors share the files' memory.
 */
public final class Checkpoint implements AutoCloseable {
  private final Path origin;
  private final List<SafetensorsFile> files;
  private final Map<String, Holder> holders;

  /** Where a tensor is, and what it is called there. */
  private record Holder(SafetensorsFile file, String name) {}

  private Checkpoint(Path origin, List<SafetensorsFile> files, Map<String, Holder> holders) {
    this.origin = origin;
    this.files = List.copyOf(files);
    this.holders = Collections.unmodifiableMap(holders);
  }

  /**
   * Opens a component's folder, a safetensors file or an index file. In a folder the weights
   * without a variant's name are meant, or the only variant there is. The names of {@link
   * #hasHalves halves} begin with {@code encoder.} and {@code decoder.}.
   *
   * @throws ModelException when there are none, a part of them is missing, or they cannot be read
   */
  public static Checkpoint open(Path path) {
    return open(path, null);
  }

  /**
   * Opens the weights of a variant, for instance {@code fp16} for {@code
   * diffusion_pytorch_model.fp16.safetensors}.
   *
   * @param variant the variant's name; null as in {@link #open(Path)}
   * @throws ModelException when there are none, a part of them is missing, or they cannot be read
   */
  public static Checkpoint open(Path path, @Nullable String variant) {
    requireNonNull(path, "path is null");
    if (variant == null && hasHalves(path)) {
      return halves(path, CheckpointFiles.halves(path));
    }
    if (!Files.exists(path)) {
      throw new ModelException("cannot read %s: there is no such file or folder".formatted(path));
    }
    Path file = Files.isDirectory(path) ? CheckpointFiles.find(path, variant) : path;
    CheckpointFiles.refusePickle(file);
    return CheckpointFiles.isIndex(file) ? sharded(file) : single(file);
  }

  /**
   * Whether {@code place} means an autoencoder's two halves, {@code x_encoder.safetensors} and
   * {@code x_decoder.safetensors}, the layout in which tiny autoencoders are published by their
   * author: a folder with them, no other weights and no {@code config.json}; or {@code folder/x},
   * where there is nothing of that very name.
   */
  public static boolean hasHalves(Path place) {
    return !CheckpointFiles.halves(place).isEmpty();
  }

  private static Checkpoint halves(Path folder, Map<String, Path> paths) {
    Map<String, Holder> holders = new LinkedHashMap<>();
    List<SafetensorsFile> files = new ArrayList<>();
    paths.forEach(
        (half, path) -> {
          SafetensorsFile file = SafetensorsFile.open(path);
          files.add(file);
          file.entries()
              .keySet()
              .forEach(name -> holders.put(half + "." + name, new Holder(file, name)));
        });
    return new Checkpoint(folder, files, holders);
  }

  private static Checkpoint single(Path path) {
    SafetensorsFile file = SafetensorsFile.open(path);
    Map<String, Holder> holders = new LinkedHashMap<>();
    file.entries().keySet().forEach(name -> holders.put(name, new Holder(file, name)));
    return new Checkpoint(path, List.of(file), holders);
  }

  private static Checkpoint sharded(Path indexFile) {
    ShardIndex index = ShardIndex.read(indexFile);
    index.requireAllFiles(indexFile);
    Map<String, Holder> holders = new LinkedHashMap<>();
    List<SafetensorsFile> files = new ArrayList<>();
    for (String name : index.files()) {
      SafetensorsFile file = SafetensorsFile.open(indexFile.resolveSibling(name));
      files.add(file);
      for (String tensor : file.entries().keySet()) {
        // A tensor that the index does not list counts too: whoever loads says if it is too much.
        if (index.weightMap().getOrDefault(tensor, name).equals(name)
            && holders.put(tensor, new Holder(file, tensor)) != null) {
          throw new ModelException(
              "cannot read %s: the tensor %s is in more than one file, and not in the index"
                  .formatted(indexFile, Names.quoted(tensor)));
        }
      }
    }
    Set<String> absent = new TreeSet<>(index.weightMap().keySet());
    absent.removeAll(holders.keySet());
    if (!absent.isEmpty()) {
      throw new ModelException(
          "cannot read %s: tensors that the index lists are not in the files it says: %s"
              .formatted(indexFile, Names.some(absent)));
    }
    return new Checkpoint(indexFile, files, holders);
  }

  /** The file or index that was opened. */
  public Path origin() {
    return origin;
  }

  /** The files, one for each part. */
  public List<SafetensorsFile> files() {
    return files;
  }

  /** The names of all tensors. Unmodifiable. */
  public Set<String> names() {
    return holders.keySet();
  }

  /** Whether there is a tensor of this name. */
  public boolean has(String name) {
    return holders.containsKey(name);
  }

  /**
   * Type and shape of a tensor; its place is counted in the file that holds it.
   *
   * @throws ModelException when there is none of this name
   */
  public TensorInfo entry(String name) {
    Holder holder = holder(name);
    TensorInfo entry = holder.file.entry(holder.name);
    return new TensorInfo(name, entry.dtype(), entry.shape(), entry.begin(), entry.end());
  }

  /**
   * The tensor of this name in its own type, sharing memory with its file where it can; see {@link
   * SafetensorsFile#tensor}. It belongs to the open {@link TensorScope}.
   *
   * @throws ModelException when there is none of this name or its type cannot be read
   */
  public Tensor tensor(String name) {
    Holder holder = holder(name);
    return holder.file.tensor(holder.name);
  }

  private Holder holder(String name) {
    Holder holder = holders.get(name);
    if (holder == null) {
      throw new ModelException(
          "wanted a tensor %s in %s, found %s"
              .formatted(Names.quoted(name), origin, Names.some(names())));
    }
    return holder;
  }

  /** Gives up the files' memory maps; tensors that were taken from them stay valid. */
  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
  }
}
