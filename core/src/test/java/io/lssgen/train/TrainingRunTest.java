package io.lssgen.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.weights.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Opens whole runs: the tiny FLUX and SDXL models, over scenes of discs. */
class TrainingRunTest {
  private static final String DENOISER =
      """
      run: {folder: ROOT/run, seed: 3}
      optimizer: {learning_rate: 1.0e-3, steps: 1, kind: muon}
      data: {kind: emoji-scenes, artwork: ROOT/artwork}
      training:
        autoencoder: FLUX/vae
        initial: FLUX
        latents: ROOT/latents
        sizes: [{side: 32, count: 2, batch: 1, share: 1}]
        clip_length: 16
        t5_length: 16
        dtype: fp32
        sample_prompts: [a dog]
        sample_side: 32
      defaults: {name: tiny, steps: 2}
      transformer: {in_channels: 64, num_layers: 2, num_single_layers: 2, attention_head_dim: 16, num_attention_heads: 2, joint_attention_dim: 24, pooled_projection_dim: 32, guidance_embeds: true, axes_dims_rope: [4, 6, 6]}
      text_encoder: {hidden_size: 32, intermediate_size: 64, num_hidden_layers: 2, num_attention_heads: 4, eos_token_id: 2}
      text_encoder_2: {d_model: 24, d_kv: 8, num_heads: 4, d_ff: 48, num_layers: 2, feed_forward_proj: gated-gelu}
      """;

  private static final String XL =
      """
      run: {folder: ROOT/run, seed: 3}
      optimizer: {learning_rate: 1.0e-3, steps: 1, kind: muon}
      data: {kind: emoji-scenes, artwork: ROOT/artwork}
      training:
        autoencoder: MODEL/vae
        initial: MODEL
        latents: ROOT/latents
        sizes: [{side: 32, count: 2, batch: 1}]
        dtype: fp32
        sample_prompts: [a dog]
        sample_side: 32
      defaults: {name: tiny, steps: 2}
      scheduler: {prediction_type: epsilon, timestep_spacing: trailing}
      unet: {sample_size: 16, block_out_channels: [8, 16, 16], layers_per_block: 2, norm_num_groups: 4, down_block_types: [DownBlock2D, CrossAttnDownBlock2D, CrossAttnDownBlock2D], up_block_types: [CrossAttnUpBlock2D, CrossAttnUpBlock2D, UpBlock2D], cross_attention_dim: 44, attention_head_dim: [1, 2, 4], transformer_layers_per_block: [1, 1, 2], use_linear_projection: true, addition_embed_type: text_time, addition_time_embed_dim: 8, projection_class_embeddings_input_dim: 58}
      text_encoder: {hidden_size: 24, intermediate_size: 40, num_hidden_layers: 3, num_attention_heads: 2, eos_token_id: 2}
      text_encoder_2: {hidden_size: 20, intermediate_size: 40, num_hidden_layers: 3, num_attention_heads: 2, eos_token_id: 2, hidden_act: gelu, projection_dim: 10}
      """;

  @TempDir Path root;

  @BeforeEach
  void drawDiscs() throws IOException {
    TorchRuntime.threads(1);
    DiscArtwork.draw(root.resolve("artwork"));
  }

  private Path write(String yaml) throws IOException {
    return Files.writeString(
        root.resolve("run.yaml"),
        yaml.replace("ROOT", root.toString()).replace("FLUX", TinyTrainees.FLUX.toString()));
  }

  private TrainingRun open(String yaml) throws IOException {
    return TrainingRun.open("denoiser", write(yaml), TinyTrainees.SILENT);
  }

  @Test
  void aRunThatWasOpenedCanBeTrained() throws Exception {
    try (TrainingRun run = open(DENOISER)) {
      assertThat(run.loop().run()).isEqualTo(TrainingLoop.Outcome.FINISHED);
    }
    assertThat(Files.readString(root.resolve("latents/latents-32.bin.json")))
        .contains("seed 3", "noto ", "fluent-emoji-flat ", "autoencoder ", "encoded in fp32");
  }

  @Test
  void theScheduleOfAFlowCanBeSaid() throws Exception {
    String yaml = DENOISER + "scheduler: {base_shift: 1.6, base_image_seq_len: 64}\n";
    try (TrainingRun run = open(yaml)) {
      assertThat(run.loop().run()).isEqualTo(TrainingLoop.Outcome.FINISHED);
    }
    ModelConfig scheduler = exported("scheduler/scheduler_config.json");
    assertThat(scheduler.number("base_shift")).isEqualTo(1.6);
    assertThat(scheduler.integer("base_image_seq_len")).isEqualTo(64);
    assertThat(scheduler.number("max_shift")).as("as FLUX.1-dev has it").isEqualTo(1.15);
    assertThatThrownBy(() -> open(DENOISER + "scheduler: {beta_start: 0.1}\n"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("beta_start");
    assertThatThrownBy(() -> open(DENOISER + "scheduler: {base_image_seq_len: 5000}\n"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("max_image_seq_len must be above base_image_seq_len");
  }

  @Test
  void aSizeMayHaveNoiseOfItsOwn() throws Exception {
    double noisy = lossWith("logit_mean: 5");
    assertThat(lossWith("logit_means: {32: 5}")).isEqualTo(noisy);
    assertThat(lossWith("logit_mean: -5")).isNotEqualTo(noisy);
  }

  private double lossWith(String noise) throws Exception {
    String folder = "run" + noise.hashCode();
    String yaml = DENOISER.replace("dtype: fp32", "dtype: fp32\n  " + noise);
    String logged = "ROOT/" + folder + ", log_every: 1";
    try (TrainingRun run = open(yaml.replace("ROOT/run", logged))) {
      run.loop().run();
    }
    String log = Files.readString(root.resolve(folder).resolve("log.jsonl"));
    return ModelConfig.parse("log", log).number("loss");
  }

  @Test
  void latentsKnowWhichScenesTheyAreOf() throws Exception {
    String kinds = "artwork: ROOT/artwork, placement: coarse, kinds: {single: 3, pair: 1}";
    open(DENOISER.replace("artwork: ROOT/artwork", kinds)).close();
    assertThat(Files.readString(root.resolve("latents/latents-32.bin.json")))
        .contains("placement coarse, kinds single 3.0 pair 1.0");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "things: -1 | must be at least 0, found 1.0, -1.0, 0.0 and 0.0",
        "error: 0 | wanted one of error, things, parts and words above 0, found none",
        "pooled_dropout: 1 | pooled_dropout must be in [0, 1), found 1.0",
        "teacher: FLUX, pooled_dropout: 0.5 | pooled_dropout has no effect with a teacher",
        "things: 0.1, lora_rank: 2 | things has no effect with lora_rank",
        "words: 1, teacher: FLUX | words has no effect with a teacher"
      })
  void choicesOfTrainingThatCannotBeAreRefused(String choice, String message) {
    String yaml = DENOISER.replace("dtype: fp32", choice.replace(", ", "\n  ") + "\n  dtype: fp32");
    assertThatThrownBy(() -> open(yaml))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"placement: grid", "kinds: {single: 1}"})
  void aDetectorRefusesAChoiceOfScenes(String choice) throws Exception {
    Path file =
        write(
            """
            run: {folder: ROOT/run, seed: 3, log_every: 1, sample_every: 5, checkpoint_minutes: 60}
            optimizer: {learning_rate: 1.0e-3, steps: 1}
            data: {kind: emoji-scenes, artwork: ROOT/artwork, CHOICE}
            training: {batch: 1, dtype: fp32}
            detector: {side: 64, channels: [8, 16], blocks: [0, 1], norm_num_groups: 8}
            """
                .replace("CHOICE", choice));
    assertThatThrownBy(() -> TrainingRun.open("detector", file, TinyTrainees.SILENT))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(choice.split(":")[0] + " has no effect on a detector");
  }

  @Test
  void latentsOfOtherArtworkAreRefused() throws Exception {
    open(DENOISER).close();
    Path icons = root.resolve("artwork/noto/icons.json");
    Files.writeString(icons, Files.readString(icons).replace("#c33", "#33c"));
    assertThatThrownBy(() -> open(DENOISER))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("holds latents of");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "steps: 1 | steps: 0 | steps >= 1",
        "batch: 1 | batch: 0 | field 'batch' wants an integer of at least 1, found 0",
        "batch: 1 | batch: two | field 'batch' wants an integer",
        "'batch: 1, ' | '' | field 'batch' is missing",
        "count: 2 | count: 0 | field 'count' wants an integer of at least 1",
        "share: 1 | share: -1 | share must be above 0",
        "t5_length: 16 | t5_length: 0 | field 't5_length' wants an integer of at least 1",
        "clip_length: 16 | clip_length: 1 | marks alone need 2",
        "clip_length: 16 | clip_length: 78 | max_position_embeddings of text_encoder is 77",
        "dtype: fp32 | dtype: int64 | dtype wants fp32, bf16, fp16 or auto, found int64",
        "dtype: fp32 | logit_means: {64: 2} | logit_means wants sides that sizes has, found 64",
        "sizes: [{side: 32 | logit_means: {no: 1}; sizes: [{side: no | field 'side' wants an",
        "dtype: fp32 | logit_means: {32: low} | field '32' wants a number",
        "dtype: fp32 | logit_means: 3 | logit_means wants a table of sides, found 3",
        "dtype: fp32 | caption_dropout: 1 | caption_dropout must be in [0, 1), found 1.0",
        "dtype: fp32 | guidance: [1, 3] | wants batches of at least 2 in sizes, found 1",
        "dtype: fp32 | guidance: [1, 3]; things: 1 | things has no effect with guidance",
        "dtype: fp32 | guidance: 3 | field 'guidance' wants",
        "dtype: fp32 | guidance: [3] | guidance wants two scales, found [3.0]",
        "dtype: fp32 | guidance: [1, 3]; caption_dropout: 0 | wants caption_dropout above 0",
        "dtype: fp32 | teacher: FLUX; guidance: [0, 2] | rise from at least 1",
        "artwork: ROOT/artwork | kinds: {single: 0} | kinds wants a table of shares above 0",
        "artwork: ROOT/artwork | kinds: {one: 1} | for some of [single, pair, count, group]",
        "artwork: ROOT/artwork | placement: fine | placement wants free, grid or coarse",
        "guidance_embeds: true | guidance_embeds: maybe | field 'guidance_embeds' wants true or"
            + " false",
        "num_single_layers | num_single_layer | unknown 'num_single_layer'",
        "in_channels: 64 | in_channels: 32 | in_channels and out_channels of transformer must be 4 times",
        "joint_attention_dim: 24 | joint_attention_dim: 32 | joint_attention_dim",
        "axes_dims_rope: [4, 6, 6] | axes_dims_rope: [4, 6, 5] | axes_dims_rope wants three even",
        "hidden_size: 32 | hiden_size: 32 | unknown 'hiden_size'",
        "d_kv: 8 | d_vk: 8 | unknown 'd_vk'",
        "name: tiny, steps: 2 | name: tiny, step: 2 | unknown 'step'"
      })
  void whatIsWrongInTheFileIsAUsageErrorThatNamesIt(String now, String then, String message)
      throws IOException {
    assertThat(DENOISER).contains(now);
    String yaml = DENOISER.replace(now, then.replace("; ", "\n  "));
    assertThatThrownBy(() -> open(yaml))
        .isInstanceOf(UsageException.class)
        .message()
        .contains("run.yaml", message)
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"teacher: FLUX; guidance: [1, 3]", "guidance: [1, 3]"})
  void guidanceNeedsAGuidanceEmbedding(String training) {
    String yaml =
        DENOISER
            .replace("dtype: fp32", training.replace("; ", "\n  "))
            .replace("guidance_embeds: true", "guidance_embeds: false");
    assertThatThrownBy(() -> open(yaml))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("run.yaml")
        .hasMessageContaining("guidance_embeds of transformer is false");
  }

  @Test
  void aModelThatIsMissingIsNoMistakeOfTheFile() {
    assertThatThrownBy(() -> open(DENOISER.replace("FLUX/vae", "ROOT/none")))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("none");
  }

  private TrainingRun openXl(String yaml) throws IOException {
    Path model = TinyTrainees.xlFolder(root);
    return open(yaml.replace("MODEL", model.toString()));
  }

  private ModelConfig exported(String file) {
    return ModelConfig.read(root.resolve("run/model").resolve(file));
  }

  @Test
  void aUNetCanBeTrained() throws Exception {
    try (TrainingRun run = openXl(XL)) {
      assertThat(run.loop().run()).isEqualTo(TrainingLoop.Outcome.FINISHED);
    }
    ModelConfig scheduler = exported("scheduler/scheduler_config.json");
    assertThat(scheduler.text("_class_name")).isEqualTo("EulerDiscreteScheduler");
    assertThat(scheduler.text("timestep_spacing")).isEqualTo("trailing");
    assertThat(scheduler.number("beta_end")).isEqualTo(0.012);
    // dropped captions are read as empty ones, and so must empty prompts be
    assertThat(exported("model_index.json").flag("force_zeros_for_empty_prompt", true)).isFalse();
  }

  /** It begins as its teacher, with the teacher's vocabulary. */
  @Test
  void aUNetCanBeDistilled() throws Exception {
    String yaml =
        XL.replace("initial: MODEL", "teacher: MODEL\n  guidance: [1, 2.5]\n  solver_steps: 20")
            .replace("unet: {", "unet: {time_cond_proj_dim: 4, ");
    try (TrainingRun run = openXl(yaml)) {
      assertThat(run.loop().run()).isEqualTo(TrainingLoop.Outcome.FINISHED);
    }
    ModelConfig scheduler = exported("scheduler/scheduler_config.json");
    assertThat(scheduler.text("_class_name")).isEqualTo("LCMScheduler");
    assertThat(scheduler.integer("original_inference_steps")).isEqualTo(20);
  }

  private static final String XL_LORA =
      XL.replace("initial: MODEL", "teacher: MODEL\n  guidance: [3, 3]\n  lora_rank: 2");

  private long handlesAfter(String yaml) throws Exception {
    long before = LiveHandles.settled();
    try (TrainingRun run = openXl(yaml)) {
      run.loop().run();
      return LiveHandles.settled() - before;
    }
  }

  /** Where it is the teacher that is changed, its weights are in memory once. */
  @Test
  void aTeacherSharesItsWeightsWithWhatIsChanged() throws Exception {
    String copy = TinyTrainees.xlFolder(root.resolve("copy")).toString();
    long apart = handlesAfter(XL_LORA.replace("lora_rank", "initial: " + copy + "\n  lora_rank"));
    assertThat(handlesAfter(XL_LORA.replace("ROOT/run", "ROOT/shared"))).isLessThan(apart - 100);
  }

  /** As a LoRA, which the exported model names as its own. */
  @Test
  void aUNetCanBeDistilledIntoLowRankChanges() throws Exception {
    try (TrainingRun run = openXl(XL_LORA)) {
      assertThat(run.loop().run()).isEqualTo(TrainingLoop.Outcome.FINISHED);
    }
    assertThat(exported("scheduler/scheduler_config.json").text("_class_name"))
        .isEqualTo("LCMScheduler");
    assertThat(exported("lssgen.json").text("lora")).isEqualTo(LowRankFamily.FILE);
    assertThat(root.resolve("run/model/unet/diffusion_pytorch_model.safetensors"))
        .hasSameBinaryContentAs(root.resolve("xl/unet/diffusion_pytorch_model.safetensors"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "initial: MODEL | lora_rank: 2 | lora_rank wants a model to change",
        "initial: MODEL | initial: MODEL; lora_rank: 0 | lora_rank",
        "prediction_type: epsilon | rescale_betas_zero_snr: true | says nothing about pure noise",
        "prediction_type: epsilon | prediction: epsilon | unknown 'prediction'",
        "prediction_type: epsilon | beta_end: 2 | beta_end",
        "cross_attention_dim: 44 | cross_attention_dim: 40 | hidden_size together = 44, found 40",
        "projection_dim: 10 | projection_dim: 12 | addition_time_embed_dim = 60, found 58",
        "initial: MODEL | teacher: MODEL; guidance: [1, 2] | unet has no time_cond_proj_dim",
        "initial: MODEL | initial: MODEL; guidance: [1, 2] | guidance has no effect without a",
        "initial: MODEL | initial: MODEL; solver_steps: 20 | solver_steps has no effect without a",
        "initial: MODEL | initial: MODEL; min_snr: 0 | min_snr must be above 0",
        "sample_size: 16 | in_channels: 8 | autoencoder's 4 latent channels, found 8 and 4",
        "'unet:' | 'net:' | out of [transformer, unet], found none",
        "'defaults:' | 'transformer: {}; defaults:' | out of [transformer, unet], found all"
      })
  void whatIsWrongWithAUNetIsAUsageErrorToo(String now, String then, String message) {
    assertThat(XL).contains(now);
    String yaml = XL.replace(now, then.replace("; defaults", "\ndefaults").replace("; ", "\n  "));
    assertThatThrownBy(() -> openXl(yaml))
        .isInstanceOf(UsageException.class)
        .message()
        .contains("run.yaml", message)
        .doesNotContain("\n");
  }
}
