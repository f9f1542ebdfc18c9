package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.eval.AutoencoderScores;
import io.lssgen.eval.TrueScenes;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.scenes.SceneStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures what an autoencoder leaves of pictures of emoji scenes. */
@Command(
    name = "autoencoder",
    description =
        "Encodes and decodes emoji scenes that training never showed and prints how close the"
            + " result is (PSNR).",
    mixinStandardHelpOptions = true,
    sortOptions = false)
final class EvalAutoencoderCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--vae",
      paramLabel = "MODEL",
      description =
          "Autoencoder in the diffusers layout: a folder, or org/name[@revision]. Default: the"
              + " default model's.")
  private @Nullable Path named;

  @Mixin private ModelSource source = new ModelSource();

  @Option(
      names = "--count",
      paramLabel = "N",
      defaultValue = "50",
      description = "Scenes of each size. Default: 50.")
  private int count;

  @Option(
      names = "--side",
      paramLabel = "PIXELS",
      split = ",",
      description = "Sides of the pictures. Default: 256,512,1024.")
  private List<Integer> sides = List.of(256, 512, 1024);

  @Mixin private ArtworkOption artwork = new ArtworkOption();

  @Mixin private FormatOption format = new FormatOption();

  @Override
  public Integer call() {
    if (count < 1) {
      throw new UsageException("wanted at least 1 scene of each size, found " + count);
    }
    artwork.require();
    Path vae =
        named == null
            ? EmbeddedModel.folder().resolve("vae")
            : source.find(named, spec.commandLine().getErr(), format.chosen());
    try (TrueScenes.Autoencoder autoencoder = new TrueScenes.Autoencoder(vae)) {
      sides.forEach(autoencoder::requireSide);
      SceneStream scenes = AutoencoderScores.heldOut(artwork.folder());
      AutoencoderScores scores =
          new AutoencoderScores(named == null ? "default" : named.toString());
      for (int side : sides) {
        scores.measure(scenes, count, side, autoencoder::pass);
      }
      print(scores);
    }
    return ExitCode.OK;
  }

  private void print(AutoencoderScores scores) {
    format.print(spec.commandLine().getOut(), scores::human, scores::json);
  }
}
