package io.lssgen.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.UsageException;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.schedule.FlowMatchEulerConfig;
import io.lssgen.text.BpeTrainer;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.text.T5Tokenizer;
import io.lssgen.text.Tokenizers;
import io.lssgen.text.UnigramVocabulary;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * FLUX, by rectified flow; with guidance scales, guided by itself or, with a teacher, by guidance
 * distillation.
 */
final class FluxRecipe implements DenoiserRecipe {
  private static final String SCHEDULER = "scheduler";
  private static final String LOGIT_MEANS = "logit_means";
  private static final List<String> WEIGHTS =
      List.of(
          ThingsObjective.ERROR,
          ThingsObjective.THINGS,
          ThingsObjective.PARTS,
          ThingsObjective.WORDS);

  @Override
  public String section() {
    return "transformer";
  }

  @Override
  public Set<String> otherSections() {
    return Set.of("text_encoder", "text_encoder_2", SCHEDULER);
  }

  @Override
  public Set<String> fields() {
    Set<String> fields = new TreeSet<>(WEIGHTS);
    fields.addAll(Set.of("logit_mean", LOGIT_MEANS, "clip_length", "t5_length"));
    return fields;
  }

  @Override
  public boolean beginsAsTeacher() {
    return false;
  }

  @Override
  public void writeTokenizers(List<String> captions, Source source) {
    int entries = source.training().positive("vocabulary", 2000);
    BpeTrainer.train(captions, entries).write(source.tokenizer(1));
    UnigramVocabulary.of(captions, entries).write(source.tokenizer(2), t5Length(source));
  }

  @Override
  public Lesson read(Source source) {
    TrainingConfig config = source.config();
    ClipTokenizer clipTokenizer = Tokenizers.clip(source.tokenizer(1));
    T5Tokenizer t5Tokenizer = Tokenizers.t5(source.tokenizer(2));
    FluxDenoiserFamily.Fields fields =
        new FluxDenoiserFamily.Fields(
            config.modelSection(section(), FluxConfig.FIELDS),
            config.withVocabulary("text_encoder", ClipTextConfig.FIELDS, clipTokenizer),
            config.withVocabulary("text_encoder_2", T5Config.FIELDS, t5Tokenizer),
            scheduler(config));
    FluxParts.Config parts =
        config.checked(
            () ->
                new FluxParts.Config(
                    FluxConfig.of(fields.transformer()),
                    ClipTextConfig.of(fields.clip()),
                    T5Config.of(fields.t5())));
    requireLatents(parts.transformer(), source.autoencoder());
    FluxParts.Texts texts =
        new FluxParts.Texts(
            clipTokenizer,
            source
                .training()
                .positive("clip_length", fields.clip().integer("max_position_embeddings", 77)),
            t5Tokenizer,
            t5Length(source));
    ThingsObjective.Weights weights = weights(source);
    FluxDenoiserFamily family =
        new FluxDenoiserFamily(
            parts,
            fields,
            texts,
            source.tokenizers(),
            new FluxParts.Readers(
                weights.things() > 0 ? source.things() : 0,
                weights.parts() > 0,
                weights.words() > 0),
            source.type());
    return lesson(family, source, weights);
  }

  /** FLUX.1-dev's, with what the section says otherwise. */
  private static FlowMatchEulerConfig scheduler(TrainingConfig config) {
    ObjectNode published = DiffusersFolder.object(FlowMatchEulerConfig.fluxDev().fields());
    return config.checked(
        () ->
            FlowMatchEulerConfig.of(
                config.sectionOver(published, SCHEDULER, FlowMatchEulerConfig.SCHEDULE_FIELDS)));
  }

  /** What is learnt of the data: the squared error alone unless the file says otherwise. */
  private static ThingsObjective.Weights weights(Source source) {
    ModelConfig training = source.training();
    if (training.has("lora_rank")) {
      refuseWeights(source, "with lora_rank, whose base has no reader");
    }
    if (training.has("teacher")) {
      refuseWeights(source, "with a teacher");
    } else if (training.has("guidance")) {
      refuseWeights(source, "with guidance");
    }
    return source
        .config()
        .checked(
            () ->
                new ThingsObjective.Weights(
                    training.number(ThingsObjective.ERROR, 1),
                    training.number(ThingsObjective.THINGS, 0),
                    training.number(ThingsObjective.PARTS, 0),
                    training.number(ThingsObjective.WORDS, 0)));
  }

  private static void refuseWeights(Source source, String where) {
    source.config().refuse(source.training(), where, WEIGHTS.toArray(String[]::new));
  }

  private static int t5Length(Source source) {
    return source.training().positive("t5_length", 32);
  }

  private static void requireLatents(FluxConfig transformer, AutoencoderKlConfig autoencoder) {
    int channels = autoencoder.latentChannels();
    int wanted = channels * FluxConfig.PATCH * FluxConfig.PATCH;
    if (transformer.inChannels() != wanted || transformer.outChannels() != wanted) {
      throw new IllegalArgumentException(
          "in_channels and out_channels of transformer must be 4 times the autoencoder's %d latent channels, found %d and %d"
              .formatted(channels, transformer.inChannels(), transformer.outChannels()));
    }
  }

  /**
   * Noise as {@code logit_mean} says, and for the sides that {@code logit_means} names as it says.
   */
  private static RectifiedFlow flow(Source source) {
    ModelConfig training = source.training();
    JsonNode table = training.fields().path(LOGIT_MEANS);
    if (training.has(LOGIT_MEANS) && !table.isObject()) {
      throw new UsageException(
          "%s: %s wants a table of sides, found %s"
              .formatted(training.origin(), LOGIT_MEANS, table));
    }
    ModelConfig means = new ModelConfig(training.origin() + ", " + LOGIT_MEANS, table);
    Map<String, Long> latents = latents(source);
    Map<Long, Double> ofSizes = new HashMap<>();
    table
        .fieldNames()
        .forEachRemaining(
            side -> {
              if (!latents.containsKey(side)) {
                throw new UsageException(
                    "%s: %s wants sides that sizes has, found %s"
                        .formatted(training.origin(), LOGIT_MEANS, side));
              }
              ofSizes.put(latents.get(side), means.number(side));
            });
    return new RectifiedFlow(training.number("logit_mean", 0), ofSizes);
  }

  /** Of a picture, by each side that is trained. */
  private static Map<String, Long> latents(Source source) {
    Map<String, Long> latents = new HashMap<>();
    for (ModelConfig size : DenoiserRun.sizes(source.config(), source.training())) {
      int side = size.positive("side");
      long ofSide = side / source.autoencoder().factor();
      latents.put(Integer.toString(side), ofSide * ofSide);
    }
    return latents;
  }

  /** The data themselves, guided where the file names scales, by a teacher if it names one. */
  private static Lesson lesson(
      FluxDenoiserFamily family, Source source, ThingsObjective.Weights weights) {
    ModelConfig training = source.training();
    NoiseProcess noise = source.weighted(flow(source));
    if (training.has("teacher")) {
      requireEmbedding(family, "a teacher");
      ScaleRange range = ScaleRange.of(training);
      GuidedTeacher teacher = GuidedTeacher.open(Path.of(training.text("teacher")), family::model);
      return new Lesson(family, new GuidanceDistillation(noise, teacher, range), teacher.weights());
    }
    Telling telling = source.telling();
    if (training.has("guidance")) {
      requireEmbedding(family, "guidance");
      ScaleRange range = ScaleRange.of(training);
      requireHalves(source);
      return new Lesson(family, new ModelGuidance(noise, telling, range), null);
    }
    Objective data =
        weights.equals(ThingsObjective.Weights.ERROR_ALONE)
            ? new DataObjective(noise, telling)
            : new ThingsObjective(noise, telling, weights);
    return new Lesson(family, data, null);
  }

  private static void requireEmbedding(FluxDenoiserFamily family, String what) {
    if (!family.parts().transformer().guidance()) {
      throw new IllegalArgumentException(
          "guidance scales reach the denoiser through its guidance embedding, but guidance_embeds"
              + " of transformer is false; set it to true or leave out "
              + what);
    }
  }

  private static void requireHalves(Source source) {
    if (source.training().number("caption_dropout", DenoiserRun.CAPTION_DROPOUT) == 0) {
      throw new IllegalArgumentException(
          "guidance without a teacher wants caption_dropout above 0, found 0: what it leads away"
              + " from must be learnt");
    }
    for (ModelConfig size : DenoiserRun.sizes(source.config(), source.training())) {
      if (size.positive("batch") < ModelGuidance.LEAST_BATCH) {
        throw new IllegalArgumentException(
            "guidance without a teacher wants batches of at least %d in sizes, found %d"
                .formatted(ModelGuidance.LEAST_BATCH, size.positive("batch")));
      }
    }
  }
}
