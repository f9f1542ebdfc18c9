package io.lssgen.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.unet.UNetConfig;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.nn.Parameters;
import io.lssgen.schedule.ConsistencyBoundary;
import io.lssgen.schedule.TrainingNoise;
import io.lssgen.text.BpeTrainer;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.text.Tokenizers;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** SDXL's architecture, as a diffusion model; with a teacher, by consistency distillation. */
final class XlRecipe implements DenoiserRecipe {
  /** SDXL's own, for what the section {@code scheduler} leaves out. */
  private static final Map<String, Object> NOISE =
      new TreeMap<>(
          Map.of(
              "num_train_timesteps",
              1000,
              "beta_start",
              0.00085,
              "beta_end",
              0.012,
              "beta_schedule",
              "scaled_linear",
              "rescale_betas_zero_snr",
              false,
              "prediction_type",
              "epsilon",
              "timestep_spacing",
              "leading",
              "steps_offset",
              1));

  /** Timesteps of the solver that published latent consistency models were distilled with. */
  private static final int SOLVER_STEPS = 50;

  private static final double HUBER = 0.001;

  @Override
  public String section() {
    return "unet";
  }

  @Override
  public Set<String> otherSections() {
    return Set.of("text_encoder", "text_encoder_2", "scheduler");
  }

  @Override
  public Set<String> fields() {
    return Set.of("min_snr", "solver_steps", "phases", "huber");
  }

  /** Its text encoders are the teacher's, and with them the vocabulary. */
  @Override
  public boolean beginsAsTeacher() {
    return true;
  }

  /** The same vocabulary twice, for chunks of as many tokens as the encoders read. */
  @Override
  public void writeTokenizers(List<String> captions, Source source) {
    BpeTrainer.Vocabulary vocabulary =
        BpeTrainer.train(captions, source.training().positive("vocabulary", 2000));
    int length =
        source
            .config()
            .modelSection("text_encoder", ClipTextConfig.FIELDS)
            .positive("max_position_embeddings", ClipTokenizer.MAX_LENGTH);
    vocabulary.write(source.tokenizer(1), length);
    vocabulary.write(source.tokenizer(2), length);
  }

  @Override
  public Lesson read(Source source) {
    ModelConfig training = source.training();
    refuseUnused(source.config(), training);
    ClipTokenizer first = Tokenizers.clip(source.tokenizer(1));
    ClipTokenizer second = Tokenizers.clip(source.tokenizer(2));
    XlDenoiserFamily.Fields fields = fields(source, first, second);
    XlParts.Config parts = source.config().checked(() -> parts(fields));
    requireLatents(parts.unet(), source.autoencoder());
    XlParts.Surroundings surroundings =
        new XlParts.Surroundings(first, second, source.autoencoder().factor(), source.type());
    DiffusionNoise noise = noise(source, fields.scheduler());
    GuidedTeacher teacher = teacher(training, parts, surroundings);
    @Nullable ComponentWeights frozen = teacher == null ? null : teacher.weights();
    return new Lesson(
        new XlDenoiserFamily(parts, fields, surroundings, source.tokenizers(), frozen),
        teacher == null
            ? new DataObjective(source.weighted(noise), source.telling())
            : distillation(noise, teacher, source),
        frozen);
  }

  private static void refuseUnused(TrainingConfig config, ModelConfig training) {
    if (training.has("teacher")) {
      config.refuse(training, "with a teacher", "min_snr");
    } else {
      config.refuse(training, "without a teacher", "guidance", "solver_steps", "phases", "huber");
    }
  }

  private static XlDenoiserFamily.Fields fields(
      Source source, ClipTokenizer first, ClipTokenizer second) {
    TrainingConfig config = source.config();
    Set<String> known = ClipTextConfig.FIELDS;
    return new XlDenoiserFamily.Fields(
        config.modelSection("unet", UNetConfig.FIELDS),
        encoder(config.withVocabulary("text_encoder", known, first), "CLIPTextModel"),
        encoder(
            config.withVocabulary("text_encoder_2", known, second), "CLIPTextModelWithProjection"),
        scheduler(config, source.training()));
  }

  private static XlParts.Config parts(XlDenoiserFamily.Fields fields) {
    return new XlParts.Config(
        UNetConfig.of(fields.unet()),
        ClipTextConfig.of(fields.first()),
        ClipTextConfig.of(fields.second()));
  }

  private static ModelConfig encoder(ModelConfig section, String architecture) {
    JsonNode fields =
        DiffusersFolder.withArchitecture(architecture, "clip_text_model", section.fields());
    return new ModelConfig(section.origin(), fields);
  }

  /** What is exported: the section, completed, for sampling as the training makes it possible. */
  private static ModelConfig scheduler(TrainingConfig config, ModelConfig training) {
    ObjectNode noise = DiffusersFolder.object(NOISE);
    ObjectNode fields;
    if (!training.has("teacher")) {
      fields = DiffusersFolder.withClass("EulerDiscreteScheduler", noise);
    } else if (phases(training) > 1) {
      fields = DiffusersFolder.withClass("DDIMScheduler", noise);
      fields.put("clip_sample", false).put("set_alpha_to_one", true);
    } else {
      fields = DiffusersFolder.withClass("LCMScheduler", noise);
      fields.put("original_inference_steps", solverSteps(training));
      fields.put("timestep_scaling", ConsistencyBoundary.PUBLISHED.timestepScale());
    }
    return config.sectionOver(fields, "scheduler", TrainingNoise.FIELDS);
  }

  private static int phases(ModelConfig training) {
    return training.positive("phases", 1);
  }

  private static int solverSteps(ModelConfig training) {
    return training.positive("solver_steps", SOLVER_STEPS);
  }

  private static DiffusionNoise noise(Source source, ModelConfig scheduler) {
    ModelConfig training = source.training();
    TrainingNoise levels = source.config().checked(() -> TrainingNoise.of(scheduler));
    OptionalDouble minSnr =
        training.has("min_snr")
            ? OptionalDouble.of(training.number("min_snr"))
            : OptionalDouble.empty();
    return new DiffusionNoise(levels, minSnr);
  }

  private static void requireLatents(UNetConfig unet, AutoencoderKlConfig autoencoder) {
    int channels = autoencoder.latentChannels();
    if (unet.inChannels() != channels || unet.outChannels() != channels) {
      throw new IllegalArgumentException(
          "in_channels and out_channels of unet must be the autoencoder's %d latent channels, found %d and %d"
              .formatted(channels, unet.inChannels(), unet.outChannels()));
    }
  }

  private static @Nullable GuidedTeacher teacher(
      ModelConfig training, XlParts.Config parts, XlParts.Surroundings surroundings) {
    if (!training.has("teacher")) {
      return null;
    }
    requireGuidance(parts.unet(), training.has("lora_rank"));
    return GuidedTeacher.open(
        Path.of(training.text("teacher")),
        (Parameters p) -> new XlParts(p, p, parts.withoutGuidance(), surroundings));
  }

  /** Low-rank changes are of the teacher's own matrices, and have the guidance in them. */
  private static void requireGuidance(UNetConfig unet, boolean lowRank) {
    if (lowRank && unet.guidanceSinusoids() != 0) {
      throw new IllegalArgumentException(
          "with lora_rank the student is not told a guidance scale, but unet has the"
              + " time_cond_proj_dim %d; leave one of them out"
                  .formatted(unet.guidanceSinusoids()));
    }
    if (!lowRank && unet.guidanceSinusoids() == 0) {
      throw new IllegalArgumentException(
          "a teacher's guidance scale reaches the student through an embedding, but unet has no"
              + " time_cond_proj_dim; give it one or leave out the teacher");
    }
  }

  private static Objective distillation(
      DiffusionNoise noise, GuidedTeacher teacher, Source source) {
    ModelConfig training = source.training();
    ScaleRange range = ScaleRange.of(training);
    SolverSteps solver = new SolverSteps(noise.levels().timesteps(), solverSteps(training));
    PseudoHuber distance =
        new PseudoHuber(training.number("huber", HUBER), source.channelWeights());
    return phases(training) == 1
        ? new ConsistencyDistillation(noise, teacher, range, solver, distance)
        : new PhasedDistillation(noise, teacher, range, solver, phases(training), distance);
  }
}
