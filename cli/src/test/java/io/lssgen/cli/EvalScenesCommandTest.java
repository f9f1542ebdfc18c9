package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.eval.SceneSheet;
import io.lssgen.image.ImageFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class EvalScenesCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine command = LssGenCommand.commandLine();
    command.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return command.execute(arguments);
  }

  @Test
  void nothingToMeasureIsAUsageErrorOfOneLine() {
    assertThat(run("eval")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).matches("lssgen: nothing to measure, wanted one of .*scenes.*\\R");
  }

  @Test
  void aDetectorThatIsMissingIsNamed(@TempDir Path folder) {
    Path missing = folder.resolve("detector");
    assertThat(run("eval", "scenes", "--detector", missing.toString())).isEqualTo(ExitCode.MODEL);
    assertThat(err.toString()).startsWith("lssgen: " + missing).hasLineCount(1);
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void trueScenesWithoutArtworkSayWhereItComesFrom(@TempDir Path folder) {
    Path missing = folder.resolve("artwork");
    assertThat(run("eval", "scenes", "--true-scenes", "--artwork", missing.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains(missing.toString(), "fetch-emoji.sh").hasLineCount(1);
  }

  @Test
  void noThreadsIsAUsageError() {
    assertThat(run("eval", "scenes", "--threads", "0")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("threads must be from 1 to 1024, found 0");
  }

  @Test
  void anAutoencoderIsMeasuredOnSidesThatItCanEncode(@TempDir Path folder) {
    String artwork = folder.toString();
    assertThat(run("eval", "autoencoder", "--artwork", artwork, "--side", "250"))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("multiple of 16, found 250").hasLineCount(1);
  }

  @Test
  void anAutoencoderWantsArtworkToo(@TempDir Path folder) {
    Path missing = folder.resolve("artwork");
    assertThat(run("eval", "autoencoder", "--artwork", missing.toString()))
        .isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains(missing.toString(), "fetch-emoji.sh").hasLineCount(1);
  }

  @Test
  void aSheetThatCannotBeWrittenIsRefusedBeforeAnythingElse(@TempDir Path folder)
      throws IOException {
    // The detector does not exist: these are refused before it is looked for.
    String[] missing = {"eval", "scenes", "--detector", folder.resolve("none").toString()};
    Path there = Files.writeString(folder.resolve("there.png"), "mine");
    for (Path sheet : List.of(folder, there, folder.resolve("nowhere/sheet.png"))) {
      assertThat(run(with(missing, "--sheet", sheet.toString()))).isEqualTo(ExitCode.USAGE);
    }
    assertThat(err.toString())
        .hasLineCount(3)
        .contains("found a folder", "add --overwrite", "make it first");
    assertThat(run(with(missing, "--sheet", there.toString(), "--overwrite")))
        .isEqualTo(ExitCode.MODEL);
    assertThat(there).hasContent("mine");
  }

  private static String[] with(String[] first, String... more) {
    return Stream.concat(Arrays.stream(first), Arrays.stream(more)).toArray(String[]::new);
  }

  /** The command with a detector that sees nothing, a tiny model and one prompt a category. */
  private int runTiny(Path folder, String... more) throws IOException {
    Path detector = TinyDetector.create(Files.createDirectories(folder.resolve("detector")));
    String[] tiny = {
      "eval",
      "scenes",
      "--count",
      "1",
      "--detector",
      detector.toString(),
      "--model",
      folder.resolve("model").toString(),
      "--artwork",
      folder.resolve("artwork").toString()
    };
    return run(with(tiny, more));
  }

  @Test
  void aModelsPicturesAreScoredBesideTrueOnes(@TempDir Path folder) throws IOException {
    TinyModel.create(folder.resolve("model"));
    TinyArtwork.create(folder.resolve("artwork"));
    Path sheet = folder.resolve("sheet.png");

    assertThat(runTiny(folder, "--sheet", sheet.toString())).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("model: tiny, weights", "scaling: neural", "true, decoded")
        .containsPattern(
            "(?m)^overall +0\\.0 % +\\(0/6\\) +0\\.0 % +\\(0/6\\) +0\\.0 % +\\(0/6\\)");
    assertThat(ImageFiles.read(sheet).width()).isGreaterThan(6 * SceneSheet.TILE);
  }

  @Test
  void picturesMayBeginWithTrueScenes(@TempDir Path folder) throws IOException {
    TinyModel.create(folder.resolve("model"));
    TinyArtwork.create(folder.resolve("artwork"));
    String[] plain = {"--plain", "--steps", "4"};

    assertThat(runTiny(folder, plain)).as(err.toString()).isZero();
    assertThat(out.toString()).contains("4 steps at").doesNotContain("begun with");
    assertThat(runTiny(folder, with(plain, "--strength", "0.5"))).as(err.toString()).isZero();
    assertThat(out.toString()).contains("begun with: true scenes, strength 0.5", "2 steps at");
  }

  @Test
  void trueScenesToBeginWithWantArtworkAndPictures(@TempDir Path folder) throws IOException {
    assertThat(runTiny(folder, "--strength", "0.5")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("holds no artwork").hasLineCount(1);
    assertThat(runTiny(folder, "--strength", "0.5", "--true-scenes")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("--strength has no effect with --true-scenes");
    assertThat(runTiny(folder, "--strength", "1.5")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("at most 1, found 1.5").hasLineCount(3);
  }

  @Test
  void withoutArtworkTheScoresStandAlone(@TempDir Path folder) throws IOException {
    TinyModel.create(folder.resolve("model"));

    assertThat(runTiny(folder, "--plain")).as(err.toString()).isZero();
    assertThat(out.toString()).contains("was not measured").doesNotContain("decoded");
  }

  @Test
  void anUnknownPlacementIsRefused(@TempDir Path folder) throws IOException {
    assertThat(runTiny(folder, "--true-scenes", "--placement", "loose")).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("--placement").contains("free, grid, coarse");
  }

  @Test
  void withoutArtworkTheAccuracyIsWhatWasStoredWithTheDetector(@TempDir Path folder)
      throws IOException {
    TinyModel.create(folder.resolve("model"));
    Path artwork = TinyArtwork.create(folder.resolve("artwork"));
    assertThat(runTiny(folder, "--save-accuracy")).isEqualTo(ExitCode.USAGE);
    assertThat(
            runTiny(
                folder, "--true-scenes", "--side", "64", "--placement", "grid", "--save-accuracy"))
        .as(err.toString())
        .isZero();
    Files.move(artwork, folder.resolve("elsewhere"));
    out.getBuffer().setLength(0);

    assertThat(runTiny(folder, "--plain")).as(err.toString()).isZero();
    assertThat(out.toString())
        .containsPattern("score +true, stored\\R")
        .containsPattern("(?m)^counting +0\\.0 % +\\(0/1\\) +0\\.0 % +\\(0/1\\)$")
        .contains("as its folder says, on true scenes, placement grid, side 64")
        .contains("was not measured");
  }

  @Test
  void aTinyAutoencodersColumnIsLeftOutAndSaidSo(@TempDir Path folder) throws IOException {
    Path config = TinyModel.create(folder.resolve("model")).resolve("vae/config.json");
    Files.writeString(config, Files.readString(config).replace("AutoencoderKL", "AutoencoderTiny"));
    TinyArtwork.create(folder.resolve("artwork"));

    assertThat(
            run(
                "eval",
                "autoencoder",
                "--vae",
                config.getParent().toString(),
                "--artwork",
                folder.toString()))
        .isEqualTo(ExitCode.MODEL);
    assertThat(err.toString()).contains("found an AutoencoderTiny").hasLineCount(1);
    assertThat(runTiny(folder, "--true-scenes", "--side", "64")).as(err.toString()).isZero();
    assertThat(out.toString())
        .contains("\"true, decoded\" is left out")
        .contains("AutoencoderTiny")
        .containsPattern("(?m)^overall +0\\.0 % +\\(0/6\\)$");
  }

  @Test
  void whatTrueScenesWantIsCheckedBeforeAnythingIsPainted(@TempDir Path folder) throws IOException {
    TinyModel.create(folder.resolve("model"));
    TinyArtwork.create(folder.resolve("artwork"));
    Path sheet = folder.resolve("sheet.png");
    String[] bad = {"--true-scenes", "--side", "60", "--sheet", sheet.toString()};
    assertThat(runTiny(folder, bad)).isEqualTo(ExitCode.USAGE);
    assertThat(err.toString()).contains("multiple of 8, found 60").hasLineCount(1);

    Files.delete(folder.resolve("artwork/noto/icons.json"));
    assertThat(runTiny(folder)).isEqualTo(ExitCode.FAILURE);
    assertThat(err.toString()).contains("icons.json").hasLineCount(2);
    assertThat(out.toString()).isEmpty();
    assertThat(sheet).doesNotExist();
  }
}
