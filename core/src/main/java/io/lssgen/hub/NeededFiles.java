package io.lssgen.hub;

import io.lssgen.errors.ModelException;
import io.lssgen.model.ModelFamilies;
import io.lssgen.model.ModelFamily;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.WantedComponent;
import io.lssgen.weights.Checkpoint;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Which files of a repository, or of what is there of it, make up a model in the diffusers layout:
 * configurations, tokenizers, and one set of safetensors for each component that is read. No safety
 * checkers, no pickles, no second variant, nothing of other frameworks, no single files that hold
 * the same once more.
 *
 * @param small configurations, vocabularies and the indices of sharded weights
 * @param weights that are a single file
 * @param indices those of {@code small} that name further files of weights
 * @param lacking what the model needs and there is not
 */
record NeededFiles(
    List<String> small, List<String> weights, List<String> indices, List<String> lacking) {

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
    lacking = List.copyOf(lacking);
  }

  /**
   * Those of a whole pipeline.
   *
   * @param origin what the files belong to, for messages
   * @param files paths with slashes; which of them a component has is seen from its folder's
   * @throws ModelException if it cannot be told which weights of a component are meant, or the
   *     index does not name all that its family reads
   */
  static NeededFiles ofPipeline(Path origin, ModelIndex index, Collection<String> files) {
    Chooser chooser = new Chooser(origin, files);
    index.components().keySet().forEach(chooser::requireFolderName);
    read(index).forEach((name, type) -> chooser.component(name, index.hasWeights(name), type));
    if (chooser.has(UPSAMPLER)) {
      chooser.component(UPSAMPLER, true, "");
    }
    if (files.contains(DEFAULTS)) {
      chooser.small.add(DEFAULTS);
      if (files.contains(LORA)) {
        chooser.weights.add(LORA); // which the defaults may name
      }
    }
    return chooser.chosen(INDEX);
  }

  /** The components that the model's family reads; all, while no family knows the model. */
  private static Map<String, String> read(ModelIndex index) {
    Map<String, String> components = index.components();
    ModelFamilies.find(index)
        .map(ModelFamily::components)
        .ifPresent(
            wanted -> {
              wanted.forEach(each -> each.requireNamed(index));
              components.keySet().retainAll(wanted.stream().map(WantedComponent::name).toList());
            });
    return components;
  }

  /**
   * Those of a single component, such as an upsampler, which has its files at the root.
   *
   * @throws ModelException if it cannot be told which weights are meant
   */
  static NeededFiles ofComponent(Path origin, Collection<String> files) {
    Chooser chooser = new Chooser(origin, files);
    chooser.component("", true, "");
    return chooser.chosen(CONFIG);
  }

  /** Whether {@code files} are those of a single component. */
  static boolean isComponent(Collection<String> files) {
    return !files.contains(INDEX) && files.contains(CONFIG);
  }

  private static final class Chooser {
    private final Path origin;
    private final Map<String, List<String>> byFolder = new TreeMap<>();
    private final List<String> small = new ArrayList<>();
    private final List<String> weights = new ArrayList<>();
    private final List<String> indices = new ArrayList<>();
    private final List<String> lacking = new ArrayList<>();

    Chooser(Path origin, Collection<String> files) {
      this.origin = origin;
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

    void requireFolderName(String folder) {
      if (!NAME.matcher(folder).matches()) {
        throw new ModelException(
            "%s names a component '%s', wanted the name of a folder in the model"
                .formatted(origin.resolve(INDEX), folder));
      }
    }

    void component(String folder, boolean hasWeights, String type) {
      String prefix = folder.isEmpty() ? "" : folder + "/";
      List<String> names = byFolder.getOrDefault(folder, List.of());
      for (String name : names) {
        if (SMALL.matcher(name).matches() && !FOREIGN.matcher(name).matches()) {
          small.add(prefix + name);
        }
      }
      if (hasWeights) {
        require(names, CONFIG, prefix);
        weights(folder, prefix, names);
      } else if (type.contains("Scheduler")) {
        require(names, "scheduler_config.json", prefix);
      } else if (type.contains("Tokenizer")) {
        if (TOKENIZERS.stream().noneMatch(names::containsAll)) {
          lacking.add(prefix + "vocab.json with merges.txt, tokenizer.json or spiece.model");
        }
      } else if (names.isEmpty()) {
        lacking.add(prefix);
      }
    }

    private void require(List<String> names, String name, String prefix) {
      if (!names.contains(name)) {
        lacking.add(prefix + name);
      }
    }

    private void weights(String folder, String prefix, List<String> names) {
      Optional<String> chosen = Checkpoint.choose(origin.resolve(folder), names);
      if (chosen.isEmpty()) {
        boolean pickled = names.stream().anyMatch(Checkpoint::isPickle);
        String found = " (there is a pickle, which can run any code when read, and is refused)";
        lacking.add(prefix + "*.safetensors" + (pickled ? found : ""));
      } else if (Checkpoint.isIndex(chosen.get())) {
        indices.add(prefix + chosen.get());
        small.add(prefix + chosen.get());
      } else {
        weights.add(prefix + chosen.get());
      }
    }

    /** The file that makes the rest a model comes last. */
    NeededFiles chosen(String last) {
      small.remove(last);
      Collections.sort(small);
      small.add(last);
      return new NeededFiles(small, weights, indices, lacking);
    }
  }
}
