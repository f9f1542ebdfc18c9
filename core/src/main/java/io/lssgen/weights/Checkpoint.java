package io.lssgen.weights;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.ModelException;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The weights of one model component as one list of named tensors, whether they lie in one
 * safetensors file, in several with an index, or in an autoencoder's two halves. Opening reads
 * headers only; see {@link WeightsFile} for how tensors share the files' memory.
 */
public final class Checkpoint implements AutoCloseable {
  private final Path origin;
  private final List<WeightsFile> files;
  private final Map<String, Holder> holders;

  /**
   * Where a tensor is.
   *
   * @param stored what it is called there
   * @param form how it is taken from what is stored
   * @param info what it is, under its name here
   * @param scale that its numbers are multiplied by; 1 for all but {@link Float8Scales}
   */
  record Holder(WeightsFile file, String stored, TensorForm form, TensorInfo info, double scale) {
    static Holder of(WeightsFile file, String stored, String name) {
      TensorInfo info = TensorForm.WHOLE.of(name, file.entry(stored));
      return new Holder(file, stored, TensorForm.WHOLE, info, 1);
    }

    Holder as(KeyMap.Part part) {
      return new Holder(
          file, stored, part.form().after(form), part.form().of(part.name(), info), scale);
    }

    Holder scaled(double factor) {
      return new Holder(file, stored, form, info, factor);
    }
  }

  private Checkpoint(Path origin, List<WeightsFile> files, Map<String, Holder> holders) {
    this.origin = origin;
    this.files = List.copyOf(files);
    this.holders = Collections.unmodifiableMap(holders);
  }

  /** Of what was just opened. */
  private static Checkpoint opened(
      Path origin, List<WeightsFile> files, Map<String, Holder> holders) {
    return new Checkpoint(origin, files, Float8Scales.applied(holders));
  }

  /**
   * Opens a component's folder, a safetensors or GGUF file, or an index file. In a folder the
   * weights without a variant's name are meant, or the only variant there is. The names of {@link
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

  /**
   * Which weights {@link #open(Path, String)} takes from a folder, by the names of its files alone.
   *
   * @param names of the files in the folder, which need not exist
   * @param variant as there
   * @return the name of a safetensors file or of an {@link #isIndex index}; none if there is none,
   *     several if it would refuse to choose
   */
  public static List<String> choices(List<String> names, @Nullable String variant) {
    return CheckpointFiles.choices(names, variant);
  }

  /** What weights of a variant would be called without it; empty if they are of none. */
  public static Optional<String> plainName(String name) {
    return CheckpointFiles.plainName(name);
  }

  /** Whether a file of this name is an index of weights in several files. */
  public static boolean isIndex(String name) {
    return CheckpointFiles.isIndex(Path.of(name));
  }

  /** Whether a file of this name holds a pickle, which is never read. */
  public static boolean isPickle(String name) {
    return CheckpointFiles.isPickle(name);
  }

  /**
   * The names of the files of weights that an index names, which lie beside it; sorted.
   *
   * @throws ModelException when it is damaged
   */
  public static Set<String> parts(Path index) {
    return ShardIndex.read(index).files();
  }

  private static Checkpoint halves(Path folder, Map<String, Path> paths) {
    Map<String, Holder> holders = new LinkedHashMap<>();
    List<WeightsFile> files = new ArrayList<>();
    paths.forEach(
        (half, path) -> {
          WeightsFile file = WeightsFile.open(path);
          files.add(file);
          file.entries()
              .keySet()
              .forEach(
                  name -> {
                    String ours = half + "." + name;
                    holders.put(ours, Holder.of(file, name, ours));
                  });
        });
    return opened(folder, files, holders);
  }

  private static Checkpoint single(Path path) {
    WeightsFile file = WeightsFile.open(path);
    Map<String, Holder> holders = new LinkedHashMap<>();
    file.entries().keySet().forEach(name -> holders.put(name, Holder.of(file, name, name)));
    return opened(path, List.of(file), holders);
  }

  private static Checkpoint sharded(Path indexFile) {
    ShardIndex index = ShardIndex.read(indexFile);
    index.requireAllFiles(indexFile);
    Map<String, Holder> holders = new LinkedHashMap<>();
    List<WeightsFile> files = new ArrayList<>();
    for (String name : index.files()) {
      WeightsFile file = WeightsFile.open(indexFile.resolveSibling(name));
      files.add(file);
      for (String tensor : file.entries().keySet()) {
        // A tensor that the index does not list counts too: whoever loads says if it is too much.
        if (index.weightMap().getOrDefault(tensor, name).equals(name)
            && holders.put(tensor, Holder.of(file, tensor, tensor)) != null) {
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
    return opened(indexFile, files, holders);
  }

  /**
   * The same weights with only the tensors whose names begin with {@code prefix}, which is cut off.
   * It shares the files: closing either closes both.
   */
  public Checkpoint within(String prefix) {
    Map<String, Holder> chosen = new LinkedHashMap<>();
    holders.forEach(
        (name, holder) -> {
          if (name.startsWith(prefix)) {
            String rest = name.substring(prefix.length());
            chosen.put(rest, holder.as(new KeyMap.Part(rest, TensorForm.WHOLE)));
          }
        });
    return new Checkpoint(origin, files, chosen);
  }

  /**
   * The same weights under the names, and with the tensors, that a table makes of them. It shares
   * the files: closing either closes both.
   *
   * @throws ModelException when two tensors get one name, or one has no shape for what the table
   *     makes of it
   */
  public Checkpoint renamed(KeyMap names) {
    Map<String, Holder> ours = new LinkedHashMap<>();
    Map<String, String> foreignNames = new HashMap<>();
    holders.forEach(
        (foreign, holder) -> {
          for (KeyMap.Part part : names.parts(foreign)) {
            String other = foreignNames.put(part.name(), foreign);
            if (other != null) {
              throw new ModelException(
                  "cannot load %s: %s and %s both mean '%s'; keep one of them"
                      .formatted(origin, Names.quoted(other), Names.quoted(foreign), part.name()));
            }
            ours.put(part.name(), part(holder, part));
          }
        });
    return new Checkpoint(origin, files, ours);
  }

  private Holder part(Holder holder, KeyMap.Part part) {
    try {
      return holder.as(part);
    } catch (IllegalArgumentException e) {
      throw new ModelException("cannot load %s: %s".formatted(origin, e.getMessage()), e);
    }
  }

  /** The file or index that was opened. */
  public Path origin() {
    return origin;
  }

  /** The files, one for each part. */
  public List<WeightsFile> files() {
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
   * Type and shape of a tensor; its place is that of its values in the file that holds it, where
   * they may lie in another order.
   *
   * @throws ModelException when there is none of this name
   */
  public TensorInfo entry(String name) {
    return holder(name).info;
  }

  /**
   * The tensor of this name in its own type, sharing memory with its file where it can; see {@link
   * WeightsFile#tensor}. A copy where its values lie in another order. It belongs to the open
   * {@link TensorScope}.
   *
   * @throws ModelException when there is none of this name or its type cannot be read
   */
  public Tensor tensor(String name) {
    Holder holder = holder(name);
    try (TensorScope scope = TensorScope.open()) {
      Tensor stored = holder.file.tensor(holder.stored);
      Tensor taken = holder.form.take(stored);
      if (holder.scale != 1) {
        return scope.keep(taken.mul(holder.scale));
      }
      // A part of a copy would keep all of the copy in memory.
      boolean partOfCopy = taken != stored && !holder.file.isView(holder.stored);
      return scope.keep(partOfCopy ? taken.copy() : taken);
    }
  }

  /**
   * Whether a tensor is quantised and, in the form that is wanted, rows of whole blocks.
   *
   * @throws ModelException when there is no tensor of this name
   */
  boolean hasBlocks(String name) {
    Holder holder = holder(name);
    return holder.form.isOfRows() && holder.file.hasRows(holder.stored);
  }

  /**
   * The blocks of a tensor that {@link #hasBlocks has them}, row by row: uint8 [R, bytes of a row],
   * in the type that {@link #entry} says, sharing memory with its file where they can. They belong
   * to the open scope.
   *
   * @throws ModelException when there is no tensor of this name
   */
  Tensor blocks(String name) {
    Holder holder = holder(name);
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(holder.form.take(holder.file.rows(holder.stored)));
    }
  }

  /** What the numbers of a tensor's {@link #blocks} are multiplied by. */
  double scale(String name) {
    return holder(name).scale;
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
    files.forEach(WeightsFile::close);
  }
}
