package io.lssgen.sampling;

import io.lssgen.model.Conditioning;
import io.lssgen.model.GoldenTensors;
import io.lssgen.model.LatentCodec;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.flux.FluxDenoiser;
import io.lssgen.model.flux.FluxPromptEncoder;
import io.lssgen.model.flux.FluxTransformer;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.t5.T5Encoder;
import io.lssgen.model.t5.T5Reader;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.AutoencoderKlCodec;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.nn.Parameters;
import io.lssgen.scaling.LatentUpsampler;
import io.lssgen.scaling.LatentUpsamplerConfig;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.schedule.Scheduler;
import io.lssgen.schedule.Schedulers;
import io.lssgen.tensor.DType;
import io.lssgen.text.Tokenizers;
import io.lssgen.weights.ModelConfig;
import java.util.List;

/**
 * The golden tiny FLUX models with their parts put together by hand. Everything lives in the scope
 * that is open when it is made.
 */
final class TinyFlux implements AutoCloseable {
  static final int CHANNELS = 16;
  private static final int TEXT_LENGTH = 48;

  private final FluxTransformer transformer;
  private final Scheduler scheduler;
  private final LatentCodec codec;

  /**
   * @param model {@code dev} or {@code schnell}
   */
  TinyFlux(String model) {
    String folder = model.equals("dev") ? "flux-tiny" : "flux-tiny-schnell";
    transformer =
        new FluxTransformer(
            weights(folder + "/transformer/diffusion_pytorch_model"),
            FluxConfig.of(config(folder + "/transformer/config.json")));
    scheduler = Schedulers.of(config(folder + "/scheduler/scheduler_config.json"));
    codec =
        new AutoencoderKlCodec(
            new AutoencoderKl(
                weights("flux-tiny/vae/diffusion_pytorch_model"),
                AutoencoderKlConfig.of(config("flux-tiny/vae/config.json"))),
            DType.F32);
  }

  private static Parameters weights(String name) {
    return GoldenTensors.read(name + ".safetensors").parameters();
  }

  private static ModelConfig config(String name) {
    return ModelConfig.read(GoldenTensors.ROOT.resolve(name));
  }

  Scheduler scheduler() {
    return scheduler;
  }

  static Conditioning encode(List<String> prompts) {
    ClipTextModel clip =
        new ClipTextModel(
            weights("flux-tiny/text_encoder/model"),
            ClipTextConfig.of(config("flux-tiny/text_encoder/config.json")));
    T5Encoder t5 =
        new T5Encoder(
            weights("flux-tiny/text_encoder_2/model"),
            T5Config.of(config("flux-tiny/text_encoder_2/config.json")));
    return new FluxPromptEncoder(
            new FluxPromptEncoder.Clip(
                Tokenizers.clip(GoldenTensors.ROOT.resolve("flux-tiny/tokenizer")),
                clip,
                clip.config().maxLength(),
                DType.F32),
            new T5Reader(
                Tokenizers.t5(GoldenTensors.ROOT.resolve("flux-tiny/tokenizer_2")),
                t5,
                TEXT_LENGTH,
                DType.F32))
        .encode(prompts);
  }

  FluxDenoiser denoiser() {
    return new FluxDenoiser(transformer, DType.F32, false);
  }

  LatentCodec codec() {
    return codec;
  }

  ScalingSpace.Parts scalingParts() {
    return new ScalingSpace.Parts(
        () ->
            new LatentUpsampler(
                weights("upsampler-tiny/diffusion_pytorch_model"),
                LatentUpsamplerConfig.of(config("upsampler-tiny/config.json"))),
        DType.F32,
        codec);
  }

  @Override
  public void close() {
    transformer.close();
  }
}
