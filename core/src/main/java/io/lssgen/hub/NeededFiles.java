package io.lssgen.hub;

import io.lssgen.errors.ModelException;
import io.lssgen.model.ModelFamilies;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.ModelParts;
import io.lssgen.model.WantedComponent;
import io.lssgen.weights.Checkpoint;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which files of a repository, or of what is there of it, make up a model in the diffusers layout:
 * configurations, tokenizers, and one set of safetensors for each component that is read. No safety
 * checkers, no pickles, no second variant, nothing of other frameworks, no single files that hold
 * the same once more.
 *
 * @param small configurations, vocabularies and the indices of sharded weights
 * @param weights that are a single file
 * @param indices those of {@code small} that name further files of weights
 * @param standIns plain weights that are not there, so that the only variant stands in for them
 * @param lacking what the model needs and there is not
 */
record NeededFiles(
    List<String> small,
    List<String> weights,
    List<String> indices,
    List<String> standIns,
    List<String> lacking) {

  static final String INDEX = "model_index.json";
  private static final String CONFIG = "config.json";
  private static final String DEFAULTS = "lssgen.json";
  private static final String LORA = "pytorch_lora_weights.safetensors";
  private static final String UPSAMPLER = "upsampler";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_-]*");
  private static final Pattern SMALL =
      Pattern.compile(".*\\.(json|txt)|(spiece|tokenizer)\\.model");

  /** Endings and beginnings of what other frameworks and the weights' indices are called. */
  private static final Pattern FOREIGN =
      Pattern.compile(".*\\.index(\\.[^.]+)?\\.json|(openvino|flax|onnx|tf|rust)_.*");

  /** A tokenizer can be read from any of these. */
  private static final List<List<String>> TOKENIZERS =
      List.of(
          List.of("vocab.json", "merges.txt"), List.of("tokenizer.json"), List.of("spiece.model"));

  NeededFiles {
    small = List.copyOf(small);
    weights = List.copyOf(weights);
    indices = List.copyOf(indices);
    standIns = List.copyOf(standIns);
    lacking = List.copyOf(lacking);
  }

  /**
   * Those of a whole pipeline, or of its component that alone is wanted.
   *
   * @param files paths with slashes; which of them a component has is seen from its folder's
   * @throws ModelException if the index does not name all that its family reads
   */
  static NeededFiles ofPipeline(ModelIndex index, Collection<String> files, WantedWeights wanted) {
    Chooser chooser = new Chooser(files);
    index.components().keySet().forEach(name -> requireFolderName(index, name));
    if (wanted.only().isPresent()) {
      String only = ModelParts.nameOf(wanted.only().get(), index.components());
      WantedComponent.of(only).requireNamed(index);
      chooser.weighted(only, wanted.variant());
      return chooser.chosen(INDEX);
    }
    Set<String> elsewhere =
        wanted.elsewhere().stream()
            .map(component -> ModelParts.nameOf(component, index.components()))
            .collect(Collectors.toSet());
    read(index)
        .forEach(
            (name, type) -> {
              if (!index.hasWeights(name)) {
                chooser.weightless(name, type);
              } else if (elsewhere.contains(name)) {
                chooser.configured(name);
              } else {
                chooser.weighted(name, wanted.variant());
              }
            });
    if (chooser.has(UPSAMPLER)) {
      chooser.weighted(UPSAMPLER, Optional.empty());
    }
    if (files.contains(DEFAULTS)) {
      chooser.small.add(DEFAULTS);
      if (files.contains(LORA)) {
        chooser.weights.add(LORA); // which the defaults may name
      }
    }
    return chooser.chosen(INDEX);
  }

  private static void requireFolderName(ModelIndex index, String component) {
    if (!NAME.matcher(component).matches()) {
      throw new ModelException(
          "%s names a component '%s', wanted the name of a folder in the model"
              .formatted(index.origin().resolve(INDEX), component));
    }
  }

  /** The components that the model's family reads; all, while no family knows the model. */
  private static Map<String, String> read(ModelIndex index) {
    Map<String, String> components = index.components();
    ModelFamilies.find(index)
        .map(family -> family.components(index))
        .ifPresent(
            wanted -> {
              wanted.forEach(each -> each.requireNamed(index));
              components.keySet().retainAll(wanted.stream().map(WantedComponent::name).toList());
            });
    return components;
  }

  /** Those of a single component, such as an upsampler, which has its files at the root. */
  static NeededFiles ofComponent(Collection<String> files, WantedWeights wanted) {
    Chooser chooser = new Chooser(files);
    chooser.weighted("", wanted.variant());
    return chooser.chosen(CONFIG);
  }

  /** Whether {@code files} are those of a single component. */
  static boolean isComponent(Collection<String> files) {
    return !files.contains(INDEX) && files.contains(CONFIG);
  }

  /** For messages: how many files are missing, and the first few. */
  static String some(List<String> lacking) {
    return "%d missing: %s%s"
        .formatted(
            lacking.size(),
            lacking.stream().limit(3).collect(Collectors.joining(", ")),
            lacking.size() > 3 ? ", …" : "");
  }

  private static final class Chooser {
    private final Map<String, List<String>> byFolder = new TreeMap<>();
    private final List<String> small = new ArrayList<>();
    private final List<String> weights = new ArrayList<>();
    private final List<String> indices = new ArrayList<>();
    private final List<String> standIns = new ArrayList<>();
    private final List<String> lacking = new ArrayList<>();

    Chooser(Collection<String> files) {
      for (String file : files) {
        int slash = file.lastIndexOf('/');
        byFolder
            .computeIfAbsent(file.substring(0, Math.max(0, slash)), f -> new ArrayList<>())
            .add(file.substring(slash + 1));
      }
    }

    boolean has(String folder) {
      return byFolder.containsKey(folder);
    }

    private List<String> names(String folder) {
      return byFolder.getOrDefault(folder, List.of());
    }

    private static String prefix(String folder) {
      return folder.isEmpty() ? "" : folder + "/";
    }

    /** A scheduler, a tokenizer or the like. */
    void weightless(String folder, String type) {
      small(folder);
      if (type.contains("Scheduler")) {
        require(folder, "scheduler_config.json");
      } else if (type.contains("Tokenizer")) {
        if (TOKENIZERS.stream().noneMatch(names(folder)::containsAll)) {
          lacking.add(
              prefix(folder) + "vocab.json with merges.txt, tokenizer.json or spiece.model");
        }
      } else if (names(folder).isEmpty()) {
        lacking.add(prefix(folder));
      }
    }

    /** A component with weights, which are not wanted. */
    void configured(String folder) {
      small(folder);
      require(folder, CONFIG);
    }

    /** A component and its weights. */
    void weighted(String folder, Optional<String> variant) {
      configured(folder);
      List<String> choices = Checkpoint.choices(names(folder), variant.orElse(null));
      if (choices.size() != 1) {
        String wanted = variant.map(name -> "." + name).orElse("") + ".safetensors";
        lacking.add(prefix(folder) + "*" + wanted + why(folder, choices));
        return;
      }
      String chosen = choices.get(0);
      String path = prefix(folder) + chosen;
      if (Checkpoint.isIndex(chosen)) {
        indices.add(path);
        small.add(path);
      } else {
        weights.add(path);
      }
      if (variant.isEmpty()) {
        Checkpoint.plainName(chosen).map(prefix(folder)::concat).ifPresent(standIns::add);
      }
    }

    private String why(String folder, List<String> choices) {
      if (!choices.isEmpty()) {
        return " (which of %s? name a variant)".formatted(String.join(" and ", choices));
      }
      List<String> others = Checkpoint.choices(names(folder), null);
      if (!others.isEmpty()) {
        return " (there is %s)".formatted(String.join(" and ", others));
      }
      return names(folder).stream().anyMatch(Checkpoint::isPickle)
          ? " (there is a pickle, which can run any code when read, and is refused)"
          : "";
    }

    private void small(String folder) {
      names(folder).stream()
          .filter(name -> SMALL.matcher(name).matches() && !FOREIGN.matcher(name).matches())
          .forEach(name -> small.add(prefix(folder) + name));
    }

    private void require(String folder, String name) {
      if (!names(folder).contains(name)) {
        lacking.add(prefix(folder) + name);
      }
    }

    /** The file that makes the rest a model comes last. */
    NeededFiles chosen(String last) {
      small.remove(last);
      Collections.sort(small);
      small.add(last);
      return new NeededFiles(small, weights, indices, standIns, lacking);
    }
  }
}
