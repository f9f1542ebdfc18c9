package io.lssgen.sampling;

import io.lssgen.model.GoldenTensors;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.clip.ClipTextModel;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.flux.FluxTransformer;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.t5.T5Encoder;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.nn.Parameters;
import io.lssgen.scaling.LatentUpsampler;
import io.lssgen.scaling.LatentUpsamplerConfig;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.schedule.Scheduler;
import io.lssgen.schedule.Schedulers;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;
import io.lssgen.text.Tokenizer;
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

  /** A prompt as the denoiser sees it: [B, P] and [B, L, D]. */
  record Text(Tensor pooled, Tensor states) {}

  private final FluxTransformer transformer;
  private final Scheduler scheduler;
  private final AutoencoderKl autoencoder;

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
    autoencoder =
        new AutoencoderKl(
            weights("flux-tiny/vae/diffusion_pytorch_model"),
            AutoencoderKlConfig.of(config("flux-tiny/vae/config.json")));
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

  static Text encode(List<String> prompts) {
    ClipTextModel clip =
        new ClipTextModel(
            weights("flux-tiny/text_encoder/model"),
            ClipTextConfig.of(config("flux-tiny/text_encoder/config.json")));
    T5Encoder t5 =
        new T5Encoder(
            weights("flux-tiny/text_encoder_2/model"),
            T5Config.of(config("flux-tiny/text_encoder_2/config.json")));
    Tokenizer first = Tokenizers.clip(GoldenTensors.ROOT.resolve("flux-tiny/tokenizer"));
    Tokenizer second = Tokenizers.t5(GoldenTensors.ROOT.resolve("flux-tiny/tokenizer_2"));
    return new Text(
        clip.forward(ids(first, prompts, clip.config().maxLength()), DType.F32).pooled(),
        t5.forward(ids(second, prompts, TEXT_LENGTH), null, DType.F32));
  }

  private static Tensor ids(Tokenizer tokenizer, List<String> prompts, int length) {
    return Tensors.stack(
        prompts.stream()
            .map(prompt -> Tensors.of(tokenizer.encode(prompt, length).ids(), length))
            .toList(),
        0);
  }

  Predictor predictor(Text text, double guidance) {
    return (latents, timestep) -> {
      long batch = latents.size(0);
      return transformer.forward(
          latents,
          Tensors.full(timestep / 1000, DType.F32, batch),
          text.pooled(),
          text.states(),
          transformer.config().guidance() ? Tensors.full(guidance, DType.F32, batch) : null);
    };
  }

  Tensor decode(Tensor latents) {
    AutoencoderKlConfig config = autoencoder.config();
    return autoencoder.decode(latents.div(config.scalingFactor()).add(config.shiftFactor()));
  }

  private Tensor encode(Tensor picture, NormalSource noise) {
    AutoencoderKlConfig config = autoencoder.config();
    AutoencoderKl.Posterior posterior = autoencoder.encode(picture);
    Tensor sample = posterior.sample(noise.draw(posterior.mean().shape()));
    return sample.add(-config.shiftFactor()).mul(config.scalingFactor());
  }

  ScalingSpace.Parts scalingParts() {
    return new ScalingSpace.Parts(
        () ->
            new LatentUpsampler(
                weights("upsampler-tiny/diffusion_pytorch_model"),
                LatentUpsamplerConfig.of(config("upsampler-tiny/config.json"))),
        CHANNELS,
        DType.F32,
        this::decode,
        this::encode);
  }

  @Override
  public void close() {
    transformer.close();
  }
}
