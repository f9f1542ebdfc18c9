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

  @Test
  void severalAreFollowed() {
    Path file = folder.resolve("followed.png");
    Object[] controls = {
      "--control-net", NET, "--control-image", picture(1), "--control-strength", "0.6",
      "--control-net", OTHER, "--control-image", picture(2), "--control-end", "0.5"
    };
    CommandRun run = generate(with(controls, "-o", file));

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
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

    CommandRun again = CommandRun.of("generate", "-m", model, "--from", file, "--verify");
    assertThat(again.code()).isEqualTo(ExitCode.USAGE);
    assertThat(again.err()).contains("following 2 other picture(s), found 0", "--control-image");
    CommandRun one =
        CommandRun.of(
            "generate",
            "-m",
            model,
            "--from",
            file,
            "--control-net",
            NET,
            "--control-image",
            picture(1));
    assertThat(one.err()).contains("following 2 other picture(s), found 1");
    Object[] unsaid = {
      "--control-net", NET, "--control-image", picture(1),
      "--control-net", OTHER, "--control-image", picture(2)
    };
    CommandRun told =
        CommandRun.of(
            with(
                unsaid,
                "generate",
                "-m",
                model,
                "--from",
                file,
                "--verify",
                "-o",
                folder.resolve("told.png")));
    assertThat(told.code()).as("strength and end are the file's; " + told.err()).isZero();
    CommandRun other =
        CommandRun.of(
            with(
                new Object[] {"--control-strength", "0.3"},
                with(
                    unsaid,
                    "generate",
                    "-m",
                    model,
                    "--from",
                    file,
                    "--verify",
                    "-o",
                    folder.resolve("other.png"))));
    assertThat(other.out()).contains("ControlNet 1 of " + file + " was ");
    CommandRun verified =
        CommandRun.of(
            with(
                controls,
                "generate",
                "-m",
                model,
                "--from",
                file,
                "--verify",
                "-o",
                folder.resolve("again.png")));
    assertThat(verified.code()).as(verified.err()).isEqualTo(ExitCode.OK);
  }

  private static Object[] with(Object[] controls, Object... others) {
    List<Object> all = new ArrayList<>(List.of(others));
    all.addAll(List.of(controls));
    return all.toArray();
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
