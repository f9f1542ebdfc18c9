package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import io.lssgen.pipeline.ControlPicture;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.PipelineLoader;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.tensor.TorchRuntime;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures that follow others, by the command line. */
class GenerateControlTest {
  private static final Path NET = TinyModel.GOLDEN.resolve("control-nets/sd");
  private static final Path OTHER = TinyModel.GOLDEN.resolve("control-nets/sd-b");

  @TempDir static Path shared;
  @TempDir Path folder;

  private static Path model = Path.of("");
  private static Path pictures = Path.of("");

  @BeforeAll
  static void create() throws IOException {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    model = TinyModel.createDiffusion(shared.resolve("sd"), "sd");
    pictures = TinyPictures.create(shared.resolve("pictures"), 1, 2);
  }

  private static Path picture(int number) {
    return pictures.resolve(number + ".png");
  }

  private static CommandRun generate(Object... more) {
    List<Object> arguments =
        new ArrayList<>(
            List.of("generate", "a red apple", "-m", model, "--steps", "4", "-s", "5", "-W", "64"));
    arguments.addAll(List.of("-H", "64"));
    arguments.addAll(List.of(more));
    return CommandRun.of(arguments.toArray());
  }

  /**
   * Two pictures to follow.
   *
   * @param said whether a strength of the first and an end of the second are
   */
  private static Object[] controls(boolean said) {
    List<Object> all = new ArrayList<>(List.of("--control-net", NET));
    all.addAll(List.of("--control-image", picture(1)));
    all.addAll(said ? List.of("--control-strength", "0.6") : List.of());
    all.addAll(List.of("--control-net", OTHER, "--control-image", picture(2)));
    all.addAll(said ? List.of("--control-end", "0.5") : List.of());
    return all.toArray();
  }

  private Path followed() {
    Path file = folder.resolve("followed.png");
    CommandRun run = generate(with(controls(true), "-o", file));
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    return file;
  }

  /** Made again from its file. */
  private CommandRun again(Path file, Object... more) {
    return CommandRun.of(
        with(
            more,
            "generate",
            "-m",
            model,
            "--from",
            file,
            "--verify",
            "-o",
            folder.resolve("again.png")));
  }

  private static Object[] with(Object[] last, Object... first) {
    List<Object> all = new ArrayList<>(List.of(first));
    all.addAll(List.of(last));
    return all.toArray();
  }

  @Test
  void severalAreFollowed() {
    Path file = followed();
    GenerationRequest request =
        GenerationRequest.builder("a red apple")
            .steps(4)
            .seed(5)
            .size(64, 64)
            .control(new ControlPicture(NET, ImageFiles.read(picture(1)), 0.6))
            .control(new ControlPicture(Optional.of(OTHER), ImageFiles.read(picture(2)), 1, 0, 0.5))
            .build();
    try (TextToImage loaded = PipelineLoader.of(model).load()) {
      assertThat(ImageFiles.read(file)).isEqualTo(loaded.generate(request).images().get(0));
      assertThat(GenerationMetadata.read(file).orElseThrow().settings())
          .isEqualTo(loaded.recipe(request).metadata(5).settings())
          .containsKeys("ControlNet 0", "ControlNet 1");
    }
  }

  @Test
  void toMakeItAgainAllAreToBeNamed() {
    Path file = followed();
    CommandRun none = again(file);
    assertThat(none.code()).isEqualTo(ExitCode.USAGE);
    assertThat(none.err()).contains("following 2 other picture(s), found 0", "--control-image");
    CommandRun one = again(file, "--control-net", NET, "--control-image", picture(1));
    assertThat(one.err()).contains("following 2 other picture(s), found 1");
  }

  @Test
  void whatIsNotSaidIsAsTheFileTells() {
    Path file = followed();
    CommandRun told = again(file, controls(false));
    assertThat(told.code()).as("strength and end are the file's; " + told.err()).isZero();
  }

  @Test
  void whatIsSaidOtherwiseIsTold() {
    Path file = followed();
    CommandRun other =
        again(file, with(new Object[] {"--control-strength", "0.3"}, controls(false)));
    assertThat(other.out()).contains("ControlNet 1 of " + file + " was ");
  }

  @Test
  void whatIsSaidAgainIsTheSame() {
    CommandRun verified = again(followed(), controls(true));
    assertThat(verified.code()).as(verified.err()).isEqualTo(ExitCode.OK);
  }

  @Test
  void whatIsWrongIsSaid() {
    CommandRun alone = generate("--control-net", NET);
    assertThat(alone.code()).isEqualTo(ExitCode.USAGE);
    assertThat(alone.err()).contains("--control-image");

    CommandRun withoutNet = generate("--control-image", picture(1));
    assertThat(withoutNet.code()).isEqualTo(ExitCode.USAGE);
    assertThat(withoutNet.err()).contains("--control-net");

    CommandRun forAnother =
        generate(
            "--control-net",
            TinyModel.GOLDEN.resolve("control-nets/sdxl"),
            "--control-image",
            picture(1));
    assertThat(forAnother.code()).isEqualTo(ExitCode.MODEL);
    assertThat(forAnother.err()).contains("for another UNet");

    CommandRun strong =
        generate("--control-net", NET, "--control-image", picture(1), "--control-strength", "11");
    assertThat(strong.code()).isEqualTo(ExitCode.USAGE);
    assertThat(strong.err()).contains("from 0 to 10");
  }
}
