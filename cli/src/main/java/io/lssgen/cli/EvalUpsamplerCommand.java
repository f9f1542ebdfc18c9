package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.eval.AutoencoderScores;
import io.lssgen.eval.HeldOutCrops;
import io.lssgen.eval.UpsamplerEvaluation;
import io.lssgen.eval.UpsamplerReport;
import io.lssgen.eval.UpsamplerSheet;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.PictureFolders;
import io.lssgen.image.PictureSplit;
import io.lssgen.image.ResampleKernel;
import io.lssgen.model.LatentCodec;
import io.lssgen.model.vae.LoadedPictureAutoencoder;
import io.lssgen.scaling.LatentScaler;
import io.lssgen.scaling.LoadedUpsampler;
import io.lssgen.scaling.NeuralScaler;
import io.lssgen.tensor.DType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures latent upsamplers on pictures, beside interpolation and the way through pixels. */
@Command(
    name = "upsampler",
    description =
        "Halves pictures that training never saw, doubles their latents and prints how close the"
            + " decoded pictures come to the originals, for upsamplers and for ways without one.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true)
final class EvalUpsamplerCommand implements Callable<Integer> {
  private static final int SHOWN = 8;

  @Spec private CommandSpec spec;

  @Option(
      names = "--autoencoder",
      required = true,
      paramLabel = "DIR",
      description =
          "Autoencoder in the diffusers layout, or a tiny autoencoder's two files: their folder, or"
              + " what their names have in common, for instance tae/taef1.")
  private Path autoencoder;

  @Option(
      names = "--upsampler",
      paramLabel = "DIR",
      description = "Latent upsampler; several may be given.")
  private List<Path> upsamplers = List.of();

  @Option(
      names = "--pictures",
      paramLabel = "DIR",
      description = "Folder of JPEG, PNG or WebP pictures; several may be given.")
  private List<Path> folders = List.of();

  @Option(
      names = "--held-out",
      paramLabel = "SHARE",
      description = "Share of the pictures that training holds out. Default: 0.15, as in training.")
  private double share = PictureSplit.DEFAULT_SHARE;

  @Option(
      names = "--held-out-list",
      paramLabel = "FILE",
      description = "Names of the pictures that training holds out, one a line.")
  private @Nullable Path list;

  @Option(names = "--all", description = "All pictures, also those that training sees.")
  private boolean all;

  @Option(
      names = "--scenes",
      paramLabel = "N",
      description = "Emoji scenes that no training shows, instead of pictures. Wants artwork.")
  private int scenes;

  @Mixin private ArtworkOption artwork = new ArtworkOption();

  @Option(names = "--side", paramLabel = "PIXELS", description = "Side of the crops. Default: 512.")
  private int side = 512;

  @Option(names = "--crops", paramLabel = "N", description = "Crops of each picture. Default: 3.")
  private int count = 3;

  @Option(
      names = "--kernel",
      completionCandidates = Choices.Kernels.class,
      paramLabel = "NAME",
      description = "What halves: nearest, area, bilinear, bicubic or lanczos. Default: lanczos.")
  private ResampleKernel kernel = ResampleKernel.LANCZOS;

  @Option(
      names = "--dtype",
      completionCandidates = Choices.Precisions.class,
      paramLabel = "TYPE",
      description = "What is computed in: fp32 (default), bf16 or auto.")
  private Precision precision = Precision.FP32;

  @Option(
      names = "--sheet",
      paramLabel = "FILE",
      description = "Write the first crops side by side (PNG).")
  private @Nullable Path sheet;

  @Option(names = "--overwrite", description = "Let --sheet replace a file that is there.")
  private boolean overwrite;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Mixin private FormatOption format = new FormatOption();

  @Override
  public Integer call() {
    if (count < 1) {
      throw new UsageException("wanted at least 1 crop of each picture, found " + count);
    }
    if (sheet != null) {
      OutputNames.requireTarget(sheet, overwrite);
    }
    threads.apply();
    Supplier<HeldOutCrops> source = source();
    DType type = precision.type();
    try (LoadedPictureAutoencoder loaded = LoadedPictureAutoencoder.open(autoencoder, type);
        Loaded networks = new Loaded(upsamplers, loaded.codec(), type)) {
      requireSide(loaded.codec().factor());
      HeldOutCrops crops = source.get();
      UpsamplerEvaluation.Result result =
          new UpsamplerEvaluation(loaded.codec(), kernel, networks.scalers)
              .run(crops.crops(), sheet == null ? 0 : SHOWN);
      print(new UpsamplerReport(settings(crops), result.rows(), crops.skipped()));
      if (sheet != null) {
        UpsamplerSheet.write(sheet, result, overwrite ? IfExists.REPLACE : IfExists.REFUSE);
      }
    }
    return ExitCode.OK;
  }

  /** What is measured on is looked for before anything is loaded. */
  private Supplier<HeldOutCrops> source() {
    if (scenes < 0 || (scenes == 0) == folders.isEmpty()) {
      throw new UsageException(
          "wanted either --pictures or --scenes of at least 1, found %s and %d"
              .formatted(folders, scenes));
    }
    if (scenes > 0) {
      requireNothingOfPictures();
      artwork.require();
      return () -> HeldOutCrops.of(AutoencoderScores.heldOut(artwork.folder()), scenes, side);
    }
    List<Path> pictures = pictures();
    return () -> HeldOutCrops.of(pictures, count, side);
  }

  private void requireNothingOfPictures() {
    for (String option : List.of("--all", "--held-out", "--held-out-list", "--crops")) {
      if (spec.commandLine().getParseResult().hasMatchedOption(option)) {
        throw new UsageException(option + " goes with --pictures, found --scenes; remove it");
      }
    }
  }

  private List<Path> pictures() {
    List<Path> found = PictureFolders.list(folders);
    if (all) {
      return found;
    }
    PictureSplit split = list == null ? PictureSplit.hashed(share) : PictureSplit.listed(list);
    List<Path> heldOut = found.stream().filter(split::holdsOut).toList();
    if (heldOut.isEmpty()) {
      throw new UsageException(
          "none of %d pictures in %s is held out from training; give more, or --all"
              .formatted(found.size(), folders));
    }
    return heldOut;
  }

  private void requireSide(int factor) {
    int unit = 2 * factor;
    if (side < 16 || side % unit != 0) {
      throw new UsageException(
          "--side wants a multiple of %d of at least 16, found %d".formatted(unit, side));
    }
  }

  private Map<String, String> settings(HeldOutCrops crops) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("autoencoder", autoencoder.toString());
    settings.put(
        "pictures",
        "%d%s, %d crops of %d pixels, halved by %s"
            .formatted(
                crops.pictures(),
                scenes > 0 ? " emoji scenes" : all ? "" : " held out",
                crops.crops().size(),
                side,
                kernel.label()));
    settings.put("dtype", precision.type().label());
    return settings;
  }

  private void print(UpsamplerReport report) {
    format.print(spec.commandLine().getOut(), report::human, report::json);
  }

  /** The upsamplers that were named, each under a name of its own. */
  private static final class Loaded implements AutoCloseable {
    private final List<LoadedUpsampler> networks = new ArrayList<>();
    private final Map<String, LatentScaler> scalers = new LinkedHashMap<>();

    Loaded(List<Path> folders, LatentCodec codec, DType type) {
      try {
        for (Path folder : folders) {
          LoadedUpsampler network = LoadedUpsampler.open(folder, type);
          networks.add(network);
          scalers.put(folder.toString(), NeuralScaler.of(network.network(), codec, type));
        }
      } catch (RuntimeException e) {
        close();
        throw e;
      }
    }

    @Override
    public void close() {
      networks.forEach(LoadedUpsampler::close);
    }
  }
}
