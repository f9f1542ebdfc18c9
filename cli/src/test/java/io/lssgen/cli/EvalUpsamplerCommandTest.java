package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** On small pictures, with the autoencoder and the upsampler of the tiny model. */
class EvalUpsamplerCommandTest {
  @TempDir Path folder;
  private Path pictures;
  private Path model;
  private String side = "32";

  @BeforeEach
  void write() throws IOException {
    model = TinyModel.create(folder.resolve("model"));
    pictures = TinyPictures.create(folder.resolve("pictures"), 0, 12);
    Files.writeString(pictures.resolve("broken.jpg"), "no picture");
  }

  private CommandRun eval(Object... more) {
    List<Object> arguments = new ArrayList<>(List.of("--pictures", pictures, "--side", side));
    arguments.addAll(List.of(more));
    return CommandRun.of(ofModel(arguments.toArray()));
  }

  @Test
  void printsATableAndWritesASheet() {
    Path sheet = folder.resolve("sheet.png");
    CommandRun run =
        eval("--upsampler", model.resolve("upsampler"), "--all", "--crops", "1", "--sheet", sheet);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    assertThat(run.out())
        .contains("12, 12 crops of 32 pixels, halved by lanczos", "latent MSE", "bicubic")
        .contains(model.resolve("upsampler").toString())
        .contains("broken.jpg is skipped");
    assertThat(sheet).isNotEmptyFile();
  }

  @Test
  void measuresOnDrawingsThatNoTrainingShows() throws IOException {
    Path artwork = TinyArtwork.create(folder.resolve("artwork"));
    Object[] scenes = {"--scenes", "3", "--artwork", artwork, "--side", "32", "--format", "json"};
    CommandRun run = CommandRun.of(ofModel(scenes));
    assertThat(run.err()).isEmpty();
    assertThat(new ObjectMapper().readTree(run.out()).get("pictures").asText())
        .isEqualTo("3 emoji scenes, 3 crops of 32 pixels, halved by lanczos");

    for (CommandRun refused : List.of(eval("--scenes", "3"), CommandRun.of(ofModel()))) {
      assertThat(refused.code()).isEqualTo(ExitCode.USAGE);
      assertThat(refused.err()).contains("either --pictures or --scenes");
    }
    scenes[3] = folder.resolve("none");
    assertThat(CommandRun.of(ofModel(scenes)).err()).contains("tools/fetch-emoji.sh");
  }

  @ParameterizedTest
  @CsvSource({"--all", "--held-out 0.5", "--held-out-list none.txt", "--crops 1"})
  void whatIsSaidOfPicturesDoesNotGoWithScenes(String options) {
    List<Object> arguments = new ArrayList<>(List.of("--scenes", "3"));
    arguments.addAll(List.of(options.split(" ")));
    CommandRun run = CommandRun.of(ofModel(arguments.toArray()));
    assertThat(run.err()).contains(options.split(" ")[0] + " goes with --pictures");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
  }

  private Object[] ofModel(Object... more) {
    List<Object> arguments =
        new ArrayList<>(List.of("eval", "upsampler", "--autoencoder", model.resolve("vae")));
    arguments.addAll(List.of(more));
    return arguments.toArray();
  }

  @Test
  void printsJsonOfThePicturesThatAreHeldOut() throws IOException {
    CommandRun run = eval("--held-out", "0.5", "--crops", "1", "--format", "json");
    assertThat(run.code()).isEqualTo(ExitCode.OK);
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.get("ways")).hasSize(6);
    assertThat(json.get("pictures").asText()).contains("held out").doesNotStartWith("12");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--crops 0 | at least 1 crop",
        "--held-out 1.5 | must be in [0, 1)",
        "--held-out 0 | none of 13 pictures",
        "--kernel cubic | cubic",
        "--held-out-list none.txt | none.txt is missing"
      })
  void wrongOptionsAreUsageErrors(String options, String message) {
    CommandRun run = eval((Object[]) options.split(" "));
    assertThat(run.err()).contains(message);
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aSideThatDoesNotFitIsRefused() {
    side = "40";
    CommandRun run = eval("--all");
    assertThat(run.err()).contains("--side wants a multiple of 16 of at least 16, found 40");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void aFolderWithoutPicturesIsAnError() throws IOException {
    pictures = Files.createDirectory(folder.resolve("empty"));
    CommandRun run = eval("--all");
    assertThat(run.err()).contains("no pictures in").contains("empty");
    assertThat(run.code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void anUpsamplerForOtherChannelsIsRefusedWithBothNumbers() throws IOException {
    Path other = Files.createDirectory(folder.resolve("other"));
    for (String file : new String[] {"config.json", "diffusion_pytorch_model.safetensors"}) {
      Files.copy(
          Path.of("../core/src/test/resources/golden/upsampler-shuffle").resolve(file),
          other.resolve(file));
    }
    CommandRun run = eval("--all", "--upsampler", other);
    assertThat(run.err()).contains("4 channels").contains("have 16");
    assertThat(run.code()).isEqualTo(ExitCode.MODEL);
  }
}
