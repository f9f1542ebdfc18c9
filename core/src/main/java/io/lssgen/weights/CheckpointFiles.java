package io.lssgen.weights;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.ModelException;
import io.lssgen.files.UnfinishedDownloads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the weights in a model folder: the one file, or the index of many, that is meant. */
final class CheckpointFiles {
  static final String EXTENSION = ".safetensors";
  static final String GGUF = ".gguf";

  private static final String INDEX_END = ".index.json";

  /** The folder of files that need not be there. */
  private static final Path NOWHERE = Path.of("");

  /** The names that diffusers and transformers give to a component's weights. */
  private static final Set<String> USUAL_NAMES = Set.of("diffusion_pytorch_model", "model");

  private static final Set<String> PICKLES = Set.of(".bin", ".ckpt", ".pt", ".pth", ".pkl");

  private static final Pattern SHARD = Pattern.compile(".*-\\d{5}-of-\\d{5}(\\.[^.]+)?");

  /** Both places where tools put a variant's name: before the ending, or before {@code .json}. */
  private static final Pattern INDEX =
      Pattern.compile("([^.]+)(?:\\.([^.]+))?\\.safetensors\\.index(?:\\.([^.]+))?\\.json");

  private static final Pattern HALF = Pattern.compile("(.+)_(encoder|decoder)\\.safetensors");

  private CheckpointFiles() {}

  /**
   * A file that stands for a whole set of weights.
   *
   * @param name the part before the variant, for instance {@code diffusion_pytorch_model}
   * @param variant for instance {@code fp16}; null for the weights as published first
   */
  private record Candidate(Path file, String name, @Nullable String variant) {}

  static boolean isIndex(Path file) {
    return INDEX.matcher(file.getFileName().toString()).matches();
  }

  /**
   * The files of an autoencoder's halves by {@code encoder} and {@code decoder}: both that begin
   * with {@code place}, or those in the folder {@code place} if they are all the weights there are
   * and no configuration says otherwise; else empty.
   */
  static Map<String, Path> halves(Path place) {
    if (!Files.exists(place)) {
      return pair(place);
    }
    return Files.isDirectory(place) && !Files.exists(place.resolve("config.json"))
        ? onlyPair(place)
        : Map.of();
  }

  private static Map<String, Path> pair(Path stem) {
    Map<String, Path> halves = new TreeMap<>();
    for (String half : List.of("encoder", "decoder")) {
      Path file = stem.resolveSibling(stem.getFileName() + "_" + half + EXTENSION);
      if (Files.isRegularFile(file)) {
        halves.put(half, file);
      }
    }
    return halves.size() == 2 ? halves : Map.of();
  }

  private static Map<String, Path> onlyPair(Path folder) {
    List<String> weights =
        names(folder).stream()
            .filter(name -> name.endsWith(EXTENSION) && !name.startsWith("."))
            .toList();
    Map<String, Path> halves = new TreeMap<>();
    Set<String> stems = new TreeSet<>();
    for (String name : weights) {
      Matcher half = HALF.matcher(name);
      if (half.matches()) {
        stems.add(half.group(1));
        halves.put(half.group(2), folder.resolve(name));
      }
    }
    boolean pair = weights.size() == 2 && halves.size() == 2 && stems.size() == 1;
    return pair ? halves : Map.of();
  }

  /** Refuses files that run code when they are read. */
  static void refusePickle(Path file) {
    if (isPickle(file.getFileName().toString().toLowerCase(Locale.ROOT))) {
      throw new ModelException(
          "cannot read %s: found a pickle, which can run any code when read; wanted safetensors"
              .formatted(file));
    }
  }

  static boolean isPickle(String name) {
    return PICKLES.stream().anyMatch(name::endsWith);
  }

  /** The weights or the index in {@code folder}, of {@code variant} when one is named. */
  static Path find(Path folder, @Nullable String variant) {
    List<String> names = names(folder);
    List<Candidate> candidates = candidates(folder, names);
    if (candidates.isEmpty()) {
      throw noWeights(folder, names);
    }
    List<Candidate> meant = meant(candidates, variant);
    if (meant.size() == 1) {
      return meant.get(0).file;
    }
    String found = list(meant.isEmpty() ? candidates : meant);
    throw new ModelException(
        meant.isEmpty()
            ? "no weights of variant '%s' in %s; found %s".formatted(variant, folder, found)
            : "cannot choose the weights in %s: found %s; name a variant or the file itself"
                .formatted(folder, found));
  }

  /** As {@link #find}, of files that need not be there: all that are as good. */
  static List<String> choices(List<String> names, @Nullable String variant) {
    return meant(candidates(NOWHERE, names), variant).stream()
        .map(candidate -> candidate.file.toString())
        .toList();
  }

  /** The name without its variant; empty if it has none. */
  static Optional<String> plainName(String name) {
    return candidates(NOWHERE, List.of(name)).stream()
        .filter(candidate -> candidate.variant != null)
        .map(candidate -> candidate.name + EXTENSION + (isIndex(candidate.file) ? INDEX_END : ""))
        .findFirst();
  }

  /** Takes out of {@code candidates} what is no component's, and gives those that are meant. */
  private static List<Candidate> meant(List<Candidate> candidates, @Nullable String variant) {
    if (candidates.stream().anyMatch(c -> USUAL_NAMES.contains(c.name))) {
      candidates.removeIf(candidate -> !USUAL_NAMES.contains(candidate.name));
    }
    List<Candidate> meant = new ArrayList<>(candidates);
    if (variant != null) {
      meant.removeIf(candidate -> !variant.equals(candidate.variant));
    } else if (meant.stream().anyMatch(candidate -> candidate.variant == null)) {
      meant.removeIf(candidate -> candidate.variant != null);
    }
    return meant;
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new ModelException("cannot list %s: %s".formatted(folder, IoReason.of(e)), e);
    }
  }

  private static List<Candidate> candidates(Path folder, List<String> names) {
    List<Candidate> candidates = new ArrayList<>();
    for (String name : names) {
      Matcher index = INDEX.matcher(name);
      if (index.matches()) {
        String variant = index.group(2) != null ? index.group(2) : index.group(3);
        candidates.add(new Candidate(folder.resolve(name), index.group(1), variant));
      } else if (name.endsWith(EXTENSION) && !name.startsWith(".")) {
        String stem = name.substring(0, name.length() - EXTENSION.length());
        if (!SHARD.matcher(stem).matches()) {
          int dot = stem.lastIndexOf('.');
          candidates.add(
              new Candidate(
                  folder.resolve(name),
                  dot < 0 ? stem : stem.substring(0, dot),
                  dot < 0 ? null : stem.substring(dot + 1)));
        }
      }
    }
    return candidates;
  }

  private static ModelException noWeights(Path folder, List<String> names) {
    for (String name : names) {
      if (!name.equals("training_args.bin")) { // no weights, but often beside them
        refusePickle(folder.resolve(name));
      }
    }
    List<String> quantised = names.stream().filter(name -> name.endsWith(GGUF)).toList();
    if (!quantised.isEmpty()) {
      return new ModelException(
          "no weights in %s: wanted *.safetensors, found GGUF files %s; name such a file itself"
              .formatted(folder, Names.some(quantised)));
    }
    Set<String> shards = new TreeSet<>(names);
    shards.removeIf(name -> !name.endsWith(EXTENSION));
    return new ModelException(
        shards.isEmpty()
            ? "no weights in %s: wanted a *.safetensors file or *.safetensors.index.json%s"
                .formatted(folder, UnfinishedDownloads.hint(folder))
            : "no index in %s: wanted *.safetensors.index.json beside the parts %s%s"
                .formatted(folder, Names.some(shards), UnfinishedDownloads.hint(folder)));
  }

  private static String list(List<Candidate> candidates) {
    return candidates.stream()
        .map(candidate -> candidate.file.getFileName().toString())
        .sorted()
        .collect(Collectors.joining(", "));
  }
}
