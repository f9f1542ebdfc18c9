package io.lssgen.server.models;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.NamedWeights;
import io.lssgen.lora.LoraFolder;
import io.lssgen.lora.PromptLoras;
import io.lssgen.pipeline.ModelDefaults;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.server.ServedModels;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The models that can be asked for. One is loaded at a time: asking for another releases it first,
 * since two may not fit into memory. Loading and releasing is the worker's alone; any thread may
 * look at the one that is loaded.
 */
public final class ModelShelf implements AutoCloseable {
  private static final String CONTROL_NETS = "--control-net-dir";

  private final Map<String, Path> folders = new LinkedHashMap<>();
  private final Function<Path, PipelineLoader> loading;
  private final Optional<LoraFolder> loras;
  private final Optional<NamedWeights> controlNets;
  private volatile String defaultName;
  private volatile @Nullable Loaded loaded;

  /**
   * A model that is in memory.
   *
   * @param name what clients call it
   * @param pipeline makes its pictures
   */
  public record Loaded(String name, TextToImage pipeline) {}

  /**
   * @param served what there is
   * @throws ModelException if a model is missing
   * @throws UsageException if two have the same name, or a folder of LoRAs or ControlNets is
   *     missing
   */
  public ModelShelf(ServedModels served) {
    loading = served.loading();
    loras = served.loras().map(LoraFolder::new);
    loras.ifPresent(LoraFolder::names); // refuses a missing one now
    controlNets =
        served
            .controlNets()
            .map(folder -> new NamedWeights(folder, "ControlNet", CONTROL_NETS, true));
    controlNets.ifPresent(NamedWeights::names); // this one, too
    for (Path folder : served.models()) {
      if (!Files.exists(folder)) {
        throw new ModelException("there is no model at %s; name a model folder".formatted(folder));
      }
      String name = name(folder);
      if (folders.putIfAbsent(name, folder) != null) {
        throw new UsageException(
            "two models are called %s: %s and %s; give one another name in its %s"
                .formatted(name, folders.get(name), folder, ModelDefaults.FILE));
      }
    }
    defaultName = names().get(0);
  }

  private static String name(Path folder) {
    String ownName = String.valueOf(folder.toAbsolutePath().normalize().getFileName());
    Path file = folder.resolve(ModelDefaults.FILE);
    return Files.exists(file) ? ModelConfig.read(file).text("name", ownName) : ownName;
  }

  /** What clients may ask for. */
  public List<String> names() {
    return new ArrayList<>(folders.keySet());
  }

  /** Whether there is such a model. */
  public boolean has(String name) {
    return folders.containsKey(name);
  }

  /** The model of requests that name none. */
  public String defaultName() {
    return defaultName;
  }

  /**
   * Makes another model the default.
   *
   * @param name one of {@link #names()}
   */
  public void makeDefault(String name) {
    defaultName = name;
  }

  /** What is in memory. */
  public Optional<Loaded> loaded() {
    return Optional.ofNullable(loaded);
  }

  /** What is in memory, if it is this model. */
  public Optional<TextToImage> loaded(String name) {
    return loaded().filter(each -> each.name().equals(name)).map(Loaded::pipeline);
  }

  /**
   * The model, loaded now if it is not; whatever else was is released before.
   *
   * @param name one of {@link #names()}
   * @throws ModelException if it is damaged or of no supported kind
   */
  public TextToImage load(String name) {
    Optional<TextToImage> present = loaded(name);
    if (present.isPresent()) {
      return present.get();
    }
    Path folder = folders.get(name);
    if (folder == null) {
      throw new ModelException(
          "there is no model %s here any more, wanted one of %s".formatted(name, names()));
    }
    close();
    PipelineLoader loader = loading.apply(folder);
    TextToImage pipeline =
        loras.map(each -> loader.loraFolder(each.folder())).orElse(loader).load();
    loaded = new Loaded(name, pipeline);
    return pipeline;
  }

  /** The LoRAs that prompts may name: those that are in their folder now. */
  public List<String> loras() {
    return loras.map(LoraFolder::names).orElse(List.of());
  }

  /**
   * Checks that the LoRAs in a prompt are here.
   *
   * @throws UsageException if one is not, or is written otherwise than {@code <lora:name:0.8>}
   */
  public void requireLoras(String prompt) {
    PromptLoras.of(prompt).in(loras);
  }

  /** The ControlNets that requests may name: those that are in their folder now. */
  public List<String> controlNets() {
    return controlNets.map(NamedWeights::names).orElse(List.of());
  }

  /**
   * Where the ControlNet of this name is.
   *
   * @throws UsageException if it is not here
   */
  public Path controlNet(String name) {
    return controlNets
        .orElseThrow(
            () ->
                new UsageException(
                    "this server has no ControlNets; start it with %s".formatted(CONTROL_NETS)))
        .file(name);
  }

  /** Releases what is loaded. */
  @Override
  public void close() {
    Loaded old = loaded;
    loaded = null;
    if (old != null) {
      old.pipeline().close();
    }
  }
}
