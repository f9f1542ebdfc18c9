package io.lssgen.train;

import static io.lssgen.model.GoldenTensors.ROOT;

import io.lssgen.image.RgbImage;
import io.lssgen.model.clip.ClipTextConfig;
import io.lssgen.model.flux.FluxConfig;
import io.lssgen.model.t5.T5Config;
import io.lssgen.model.vae.AutoencoderKl;
import io.lssgen.model.vae.LoadedPictureAutoencoder;
import io.lssgen.model.vae.PictureAutoencoder;
import io.lssgen.scaling.LatentUpsamplerConfig;
import io.lssgen.scaling.UpsamplerConfig;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Rng;
import io.lssgen.tensor.Tensor;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.text.T5Tokenizer;
import io.lssgen.text.Tokenizers;
import io.lssgen.weights.ModelConfig;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;

/** Each kind of trainee, as small as it can be, over pictures made by a formula. */
final class TinyTrainees {
  static final Path FLUX = ROOT.resolve("flux-tiny");
  static final PrintStream SILENT =
      new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);

  private TinyTrainees() {}

  /** A bright rectangle on a slope of colours, whose place depends on the number. */
  static RgbImage picture(long index, int side) {
    byte[] rgb = new byte[side * side * 3];
    int left = (int) Math.floorMod(index * 7, side / 2);
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        boolean inside = x >= left && x < left + side / 3 && y > side / 4 && y < side / 2;
        int at = 3 * (y * side + x);
        rgb[at] = (byte) (inside ? 250 : 200 * x / side);
        rgb[at + 1] = (byte) (inside ? 240 : 180 * y / side);
        rgb[at + 2] = (byte) (40 + Math.floorMod(index, 5) * 30);
      }
    }
    return new RgbImage(side, side, rgb);
  }

  /** A thirtieth of a real one: factor 2, four channels. */
  static AutoencoderTrainee autoencoder() {
    ModelConfig config =
        ModelConfig.parse(
            "tiny autoencoder",
            "{\"block_out_channels\": [4, 4], \"latent_channels\": 2, \"norm_num_groups\": 2,"
                + " \"mid_block_add_attention\": false}");
    return new AutoencoderTrainee(
        config,
        new AutoencoderTrainee.Settings(16, 2, 0.5, 1e-4, 0.3, DType.F32, 1),
        TinyTrainees::picture);
  }

  /** The decoder of the tiny FLUX model's autoencoder. */
  static DecoderTrainee decoder() {
    return new DecoderTrainee(
        FLUX.resolve("vae"),
        new AutoencoderTrainee.Settings(32, 2, 0.5, 0, 0, DType.F32, 1),
        TinyTrainees::picture);
  }

  /** The tiny FLUX model's autoencoder: factor 8, 16 channels; its weights go to resources. */
  static AutoencoderKl fluxAutoencoder(List<AutoCloseable> resources) {
    return TrainingRun.loadAutoencoder(FLUX.resolve("vae"), DType.F32, resources);
  }

  static UpsamplerTrainee upsampler(List<AutoCloseable> resources) {
    return upsampler(
        new LatentUpsamplerConfig(16, List.of(4, 4), List.of(true, false), 2),
        new UpsamplerLoss(1, 0, 1, 0.5, 0, 0),
        PictureAutoencoder.of(fluxAutoencoder(resources)));
  }

  /** Over the tiny autoencoder: factor 8, 16 channels; its weights go to resources. */
  static UpsamplerTrainee upsamplerOfTiny(
      UpsamplerConfig config, UpsamplerLoss loss, List<AutoCloseable> resources) {
    LoadedPictureAutoencoder loaded =
        LoadedPictureAutoencoder.open(ROOT.resolve("tiny-autoencoder/tae"), DType.F32);
    resources.add(loaded);
    return upsampler(config, loss, loaded.network());
  }

  private static UpsamplerTrainee upsampler(
      UpsamplerConfig config, UpsamplerLoss loss, PictureAutoencoder autoencoder) {
    UpsamplerTrainee.Settings settings =
        new UpsamplerTrainee.Settings(32, 2, 2, 0, loss, 0.1, DType.F32, 1);
    PairEncoder encoder =
        new PairEncoder(autoencoder, new PairEncoder.Settings(KernelShares.AREA, 0, DType.F32, 1));
    return new UpsamplerTrainee(
        config,
        settings,
        pictures(),
        new FreshPairs(pictures(), settings.batch(), encoder),
        autoencoder);
  }

  private static PictureBatches pictures() {
    return new PictureBatches(TinyTrainees::picture, 2, 32);
  }

  /** The tiny FLUX model without its weights, over latents of noise. */
  static DenoiserTrainee denoiser(Path folder, List<AutoCloseable> resources) {
    return denoiser(FLUX, 2, VelocityTarget.ofData(), folder, resources);
  }

  /**
   * The same with the transformer's configuration from {@code model}, other micro-batches of the
   * second size and another target.
   */
  static DenoiserTrainee denoiser(
      Path model,
      int secondBatch,
      VelocityTarget target,
      Path folder,
      List<AutoCloseable> resources) {
    ModelConfig transformer = ModelConfig.read(model.resolve("transformer").resolve("config.json"));
    ModelConfig clip = config("text_encoder");
    ModelConfig t5 = config("text_encoder_2");
    FluxParts.Config parts =
        new FluxParts.Config(FluxConfig.of(transformer), ClipTextConfig.of(clip), T5Config.of(t5));
    ClipTokenizer clipTokenizer = Tokenizers.clip(FLUX.resolve("tokenizer"));
    T5Tokenizer t5Tokenizer = Tokenizers.t5(FLUX.resolve("tokenizer_2"));
    DenoiserTrainee.Settings settings = new DenoiserTrainee.Settings(0.3, 0, 16, 16, DType.F32, 1);
    FluxExporter exporter =
        new FluxExporter(
            parts,
            new FluxExporter.Surroundings(
                fluxAutoencoder(resources),
                FLUX.resolve("vae"),
                FLUX,
                clipTokenizer,
                t5Tokenizer,
                DiffusersFolder.object(Map.of("name", "tiny")),
                transformer,
                clip,
                t5),
            settings,
            new FluxExporter.Sampling(List.of("a red apple", "a dog"), 32, 2, 3, 1));
    LatentCache square = latents(folder.resolve("square.bin"), 4, 4);
    LatentCache wide = latents(folder.resolve("wide.bin"), 2, 4);
    resources.add(square);
    resources.add(wide);
    return new DenoiserTrainee(
        parts,
        settings,
        new Captions(),
        List.of(
            new DenoiserTrainee.Size(square, 2, 2), new DenoiserTrainee.Size(wide, secondBatch, 1)),
        clipTokenizer,
        t5Tokenizer,
        target,
        exporter);
  }

  private static ModelConfig config(String component) {
    return ModelConfig.read(FLUX.resolve(component).resolve("config.json"));
  }

  static LatentCache latents(Path file, int height, int width) {
    return LatentCache.open(
        file,
        new LatentCache.Contents("noise", 6, 16, height, width),
        4,
        (first, n) -> noise(first, n, height, width),
        SILENT);
  }

  static Tensor noise(long first, int n, int height, int width) {
    try (Rng rng = new Rng(100 + first)) {
      return rng.randn(n, 16, height, width);
    }
  }

  private static final class Captions implements CaptionedImages {
    @Override
    public RgbImage image(long index, int side) {
      return picture(index, side);
    }

    @Override
    public String caption(long index, long variant) {
      return (variant % 2 == 0 ? "a red apple " : "a blue book ") + index;
    }

    @Override
    public SortedSet<String> words() {
      return new TreeSet<>(List.of("a", "red", "apple", "blue", "book"));
    }

    @Override
    public String origin() {
      return "captions of a formula";
    }
  }

  /** Closes in reverse order of making. */
  static void close(List<AutoCloseable> resources) throws Exception {
    List<AutoCloseable> reversed = new ArrayList<>(resources);
    Collections.reverse(reversed);
    for (AutoCloseable resource : reversed) {
      resource.close();
    }
  }
}
