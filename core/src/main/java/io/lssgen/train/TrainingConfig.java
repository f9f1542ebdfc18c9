package io.lssgen.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Processor;
import io.lssgen.text.Tokenizer;
import io.lssgen.weights.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A training run's YAML file. Sections hold flat fields; a field that nothing reads is an error, so
 * that a misspelt name does not pass in silence.
 */
public final class TrainingConfig {
  private static final String BASE = "base";
  private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

  private final Path file;
  private final JsonNode root;

  private TrainingConfig(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  /**
   * Reads {@code file}. Where it names another as {@code base}, relative to itself, it holds only
   * what differs from that one: its fields win, section by section.
   *
   * @throws UsageException if a file is missing or no YAML table, or bases go in a circle
   */
  public static TrainingConfig read(Path file) {
    return new TrainingConfig(file, table(file, new ArrayList<>()));
  }

  private static ObjectNode table(Path file, List<Path> above) {
    Path place = file.toAbsolutePath().normalize();
    if (above.contains(place)) {
      throw new UsageException(file + ": it is its own base; name another file");
    }
    above.add(place);
    try {
      JsonNode root = YAML.readTree(Files.readString(file));
      if (!(root instanceof ObjectNode table)) {
        throw new UsageException(file + ": wanted a YAML table of sections");
      }
      JsonNode base = table.remove(BASE);
      return base == null ? table : merged(table(file.resolveSibling(base.asText()), above), table);
    } catch (JsonProcessingException e) {
      throw new UsageException(file + " is no valid YAML: " + e.getOriginalMessage());
    } catch (NoSuchFileException e) {
      throw new UsageException(
          file + ": there is no such file; name a run's YAML file, such as those in configs/");
    } catch (IOException e) {
      throw new UsageException(file + " cannot be read: " + IoReason.of(e));
    }
  }

  /** Tables are merged field by field; whatever else is replaced. */
  private static ObjectNode merged(ObjectNode base, ObjectNode changes) {
    changes
        .fields()
        .forEachRemaining(
            change -> {
              boolean tables =
                  change.getValue() instanceof ObjectNode
                      && base.get(change.getKey()) instanceof ObjectNode;
              JsonNode value =
                  tables
                      ? merged(
                          (ObjectNode) base.get(change.getKey()), (ObjectNode) change.getValue())
                      : change.getValue();
              base.set(change.getKey(), value);
            });
    return base;
  }

  /** The file that was read. */
  public Path file() {
    return file;
  }

  /** Fails if the file holds another section than {@code known}. */
  public void requireSections(String... known) {
    requireKnown(root, "", Set.of(known));
  }

  /** Whether the file has the section {@code name}. */
  public boolean has(String name) {
    return root.hasNonNull(name);
  }

  /** As {@link #section}; without fields if the file does not have it. */
  public ModelConfig sectionOrEmpty(String name, String... known) {
    return has(name)
        ? section(name, known)
        : new ModelConfig(file + ", " + name, YAML.createObjectNode());
  }

  /** The section {@code name}, with exactly the {@code known} fields at most. */
  public ModelConfig section(String name, String... known) {
    return modelSection(name, Set.of(known));
  }

  /** The section {@code name}, with the {@code known} fields at most. */
  public ModelConfig modelSection(String name, Set<String> known) {
    ModelConfig section = freeSection(name);
    requireKnown(section.fields(), name + ": ", known);
    return section;
  }

  /**
   * Fails if {@code section} has one of {@code fields}, which do nothing there.
   *
   * @param because why they do nothing
   */
  public void refuse(ModelConfig section, String because, String... fields) {
    for (String name : fields) {
      if (section.has(name)) {
        throw new UsageException(
            "%s: %s has no effect %s; remove it".formatted(section.origin(), name, because));
      }
    }
  }

  /** A field of a section that is a share of a whole, 0 to 1. */
  double share(ModelConfig section, String field, double absent) {
    double share = section.number(field, absent);
    if (!(share >= 0 && share <= 1)) {
      throw new UsageException(
          "%s: %s is a share, 0 to 1, found %s".formatted(section.origin(), field, share));
    }
    return share;
  }

  /**
   * The section {@code name}, with the {@code known} fields at most, of a text encoder: the size of
   * its vocabulary is the tokenizer's.
   */
  ModelConfig withVocabulary(String name, Set<String> known, Tokenizer tokenizer) {
    ModelConfig section = modelSection(name, known);
    ObjectNode fields = section.fields().deepCopy();
    fields.put("vocab_size", tokenizer.vocabularySize());
    return new ModelConfig(section.origin(), fields);
  }

  /** {@code usual}, changed by what the section {@code name} says, if the file has it. */
  ModelConfig sectionOver(ObjectNode usual, String name, Set<String> known) {
    ModelConfig section = sectionOrEmpty(name, known.toArray(String[]::new));
    ObjectNode fields = usual.deepCopy();
    fields.setAll((ObjectNode) section.fields());
    return new ModelConfig(section.origin(), fields);
  }

  /** Whether the file has this section. */
  boolean hasSection(String name) {
    return root.path(name).isObject();
  }

  private ModelConfig freeSection(String name) {
    JsonNode section = root.path(name);
    if (!section.isObject()) {
      throw new UsageException(file + ": the section '" + name + "' is missing");
    }
    return new ModelConfig(file + ", " + name, section);
  }

  private void requireKnown(JsonNode node, String where, Set<String> known) {
    for (Iterator<String> names = node.fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!known.contains(name)) {
        throw new UsageException(
            file + ": " + where + "unknown '" + name + "', wanted one of " + new TreeSet<>(known));
      }
    }
  }

  /** The sections {@code run} and {@code optimizer}, which every trainer has. */
  public TrainingLoop.Settings loop() {
    ModelConfig run =
        section(
            "run", "folder", "seed", "workers", "log_every", "sample_every", "checkpoint_minutes");
    ModelConfig optimizer =
        section(
            "optimizer",
            "kind",
            "learning_rate",
            "schedule",
            "warmup",
            "steps",
            "last_rate",
            "betas",
            "eps",
            "weight_decay",
            "accumulation",
            "gradient_clip",
            "ema_decay");
    return checked(
        () ->
            new TrainingLoop.Settings(
                learningRate(optimizer),
                adam(optimizer),
                optimizer.integer("accumulation", 1),
                run.integer("workers", 1),
                optimizer.number("gradient_clip", 1),
                optimizer.number("ema_decay", 0.999),
                run.integer("log_every", 50),
                run.integer("sample_every", 1000),
                Duration.ofSeconds(Math.round(60 * run.number("checkpoint_minutes", 5)))));
  }

  /**
   * The type that {@code section} computes in: its field {@code dtype}, {@link Processor#AUTO}
   * without one.
   */
  public DType computeType(ModelConfig section) {
    DType type = checked(() -> Processor.type(section.text("dtype", Processor.AUTO)));
    if (!type.isForModels()) {
      throw new UsageException(
          section.origin() + ": dtype wants fp32, bf16, fp16 or auto, found " + type.label());
    }
    return type;
  }

  /** Values that are read from this file alone: what refuses them speaks of the file. */
  <T> T checked(Supplier<T> settings) {
    try {
      return settings.get();
    } catch (IllegalArgumentException | ModelException e) {
      throw new UsageException(named(e.getMessage()));
    }
  }

  /** {@code message} with the file's name in it. */
  private String named(@Nullable String message) {
    String text = String.valueOf(message);
    return text.startsWith(file.toString()) ? text : file + ": " + text;
  }

  /**
   * What {@code failure}, met while the run was prepared, means to whoever wrote the file: values
   * that anything refuses are the file's mistake, and so are fields of its own that are missing or
   * of the wrong kind. A model folder that is damaged is none.
   */
  RuntimeException translated(RuntimeException failure) {
    boolean ofThisFile =
        failure instanceof IllegalArgumentException
            || (failure instanceof ModelException
                && String.valueOf(failure.getMessage()).startsWith(file + ", "));
    return ofThisFile ? new UsageException(named(failure.getMessage())) : failure;
  }

  /**
   * The tables listed as {@code name} in {@code section}, with the {@code known} fields at most.
   */
  public List<ModelConfig> list(ModelConfig section, String name, String... known) {
    List<ModelConfig> items = new ArrayList<>();
    for (JsonNode item : section.fields().path(name)) {
      requireKnown(item, name + ": ", Set.of(known));
      items.add(new ModelConfig(file + ", " + name, item));
    }
    return items;
  }

  /** Where checkpoint, logs and pictures go. */
  public Path folder() {
    return checked(() -> Path.of(freeSection("run").text("folder")));
  }

  /** The run's seed. */
  public long seed() {
    return checked(() -> freeSection("run").integer("seed", 1));
  }

  private LearningRate learningRate(ModelConfig optimizer) {
    String schedule = optimizer.text("schedule", "cosine").toUpperCase(Locale.ROOT);
    List<String> known = List.of(LearningRate.Schedule.values()).stream().map(Enum::name).toList();
    if (!known.contains(schedule)) {
      throw new UsageException(
          file + ", optimizer: schedule wants one of " + known + ", found " + schedule);
    }
    return new LearningRate(
        LearningRate.Schedule.valueOf(schedule),
        optimizer.number("learning_rate"),
        optimizer.integer("warmup", 0),
        optimizer.integer("steps"),
        optimizer.number("last_rate", 0));
  }

  private static AdamW.Settings adam(ModelConfig optimizer) {
    JsonNode betas = optimizer.fields().path("betas");
    boolean numbers = betas.size() == 2 && betas.path(0).isNumber() && betas.path(1).isNumber();
    if (!betas.isMissingNode() && !numbers) {
      throw new UsageException(optimizer.origin() + ": betas wants two numbers, found " + betas);
    }
    return new AdamW.Settings(
        betas.path(0).asDouble(0.9),
        betas.path(1).asDouble(0.95),
        optimizer.number("eps", 1e-8),
        optimizer.number("weight_decay", 0.01),
        muon(optimizer));
  }

  private static boolean muon(ModelConfig optimizer) {
    String kind = optimizer.text("kind", "adamw");
    if (!kind.equals("adamw") && !kind.equals("muon")) {
      throw new UsageException(optimizer.origin() + ": kind wants adamw or muon, found " + kind);
    }
    return kind.equals("muon");
  }
}
