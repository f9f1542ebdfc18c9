package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.PngText;
import io.lssgen.image.PngWriter;
import io.lssgen.image.RgbImage;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures made again from their files, begun with another one, and prompts from files. */
class GenerateRepeatTest extends TinyGeneration {
  private Path again() {
    return folder.resolve("again.png");
  }

  /** The picture, with another text in its file. */
  private Path told(String text) {
    Path file = folder.resolve("changed.png");
    List<PngText> texts = List.of(PngText.of("parameters", text));
    PngWriter.write(file, ImageFiles.read(picture), texts, IfExists.REFUSE);
    return file;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--start-sigma 0.4 --scaling bicubic",
        "--plain --guidance 2 --cfg-scale 1.5 -n dog",
        "-W 32 -H 64 --steps 3"
      })
  void aPictureIsMadeAgainFromItsFile(String options) {
    CommandRun first =
        CommandRun.of(
            ("generate -m " + model + " -p apple -s 7 -o " + picture + " " + options).split(" "));
    assertThat(first.code()).as(first.err()).isEqualTo(ExitCode.OK);

    CommandRun run = generate("--from", picture, "--verify", "-o", again());

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    assertThat(run.out()).contains("verified: the same pixels as " + picture);
    assertThat(ImageFiles.read(again())).isEqualTo(ImageFiles.read(picture));
    GenerationMetadata metadata = GenerationMetadata.read(again()).orElseThrow();
    assertThat(metadata).isEqualTo(GenerationMetadata.read(picture).orElseThrow());
  }

  @Test
  void optionsChangeWhatTheFileSays() throws IOException {
    generate(PROMPT, "-s", "7", "-o", picture);
    CommandRun run =
        generate("--from", picture, "-s", "8", "--verify", "-o", again(), "--format", "json");

    assertThat(run.code()).isEqualTo(ExitCode.FAILURE);
    JsonNode json = new ObjectMapper().readTree(run.out());
    assertThat(json.at("/seeds/0").asInt()).isEqualTo(8);
    assertThat(json.at("/prompt").asText()).isEqualTo(PROMPT);
    assertThat(json.at("/verification/same").asBoolean(true)).isFalse();
    assertThat(json.at("/verification/differing_values").asInt()).isPositive();

    CommandRun said = generate("--from", picture, "cat", "--verify", "-o", picture, "--overwrite");
    assertThat(said.code()).isEqualTo(ExitCode.FAILURE);
    assertThat(said.out()).contains("not verified: ", " of 255");
    assertThat(GenerationMetadata.read(picture).orElseThrow().prompt()).isEqualTo("cat");
  }

  @Test
  void whatCannotBeMadeAgainIsRefused() {
    generate(PROMPT, "-s", "7", "-o", picture);
    assertThat(CommandRun.of("generate", "--from", picture, "-o", again()).err())
        .contains("made by the model 'tiny'", "--model");

    RgbImage image = ImageFiles.read(picture);
    Path silent = folder.resolve("silent.png");
    PngWriter.write(silent, image, List.of(), IfExists.REFUSE);
    assertThat(generate("--from", silent, "-o", again()).err())
        .contains("silent.png does not tell how it was made");

    String text = "apple\nSteps: 2, Seed: 7, LoRA: \"film:0.8 (0123456789)\", Model hash: abc";
    Path changed = told(text);
    assertThat(generate("--from", changed, "-o", again()).err())
        .contains("LoRA film:0.8", "--lora");

    assertThat(generate(PROMPT, "--verify", "-o", again()).err()).contains("--from");
    assertThat(again()).doesNotExist();
  }

  @Test
  void whatOptionsReplaceIsNotRead() {
    generate(PROMPT, "-s", "7", "-o", picture);
    String text = "apple\nSteps: 2, Sampler: DPM fast, Seed: 18446744073709551615, Size: big";
    Path changed = told(text);

    assertThat(generate("--from", changed, "-o", again()).err())
        .contains("setting", "cannot be repeated", "by its option");
    CommandRun run =
        generate(
            "--from",
            changed,
            "--sampling-method",
            "euler",
            "-s",
            "3",
            "-W",
            "32",
            "-H",
            "32",
            "-o",
            again());
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
  }

  @Test
  void otherWeightsAreWarnedOf() {
    generate(PROMPT, "-s", "7", "-o", picture);
    String text =
        "apple\nSteps: 2, Seed: 7, Size: 32x32, Model hash: 0123456789, LSSGen: min_size=32";
    Path changed = told(text);

    CommandRun run = generate("--from", changed, "-o", again());

    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    assertThat(run.err()).contains("warning: Model hash of ", "was 0123456789, is ");
  }

  @Test
  void aRunBeginsWithAPicture() {
    generate(PROMPT, "-s", "7", "-o", picture);

    CommandRun run =
        generate(PROMPT, "-i", picture, "--strength", "0.5", "-s", "8", "-o", again(), "-v");
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    assertThat(run.out()).containsPattern("(?m)^0 +64x64 .* 1 of 2");

    Path third = folder.resolve("third.png");
    assertThat(generate("--from", again(), "-o", third).err())
        .contains("again.png was begun with another picture", "--init-img");
    CommandRun same = generate("--from", again(), "-i", picture, "-o", third, "--verify");
    assertThat(same.code()).as(same.err() + same.out()).isEqualTo(ExitCode.OK);
    assertThat(same.err()).isEmpty();

    assertThat(generate(PROMPT, "--strength", "0.5", "-o", third, "--overwrite").err())
        .contains("--init-img");
    assertThat(generate(PROMPT, "-i", folder.resolve("none.png")).err())
        .contains("none.png", "no such file");
    assertThat(generate(PROMPT, "-i", picture, "--strength", "1.5").err()).contains("found 1.5");
  }

  /** In two stages, and made again from its file with that picture alone. */
  @Test
  void aModelThatCanLooksAtAPicture() throws IOException {
    generate(PROMPT, "-s", "7", "-o", picture);
    assertThat(generate(PROMPT, "-r", picture, "-o", again()).err()).contains("Kontext");
    Path kontext = TinyModel.create(models.resolve("kontext-" + folder.getFileName()));
    Path index = kontext.resolve("model_index.json");
    Files.writeString(
        index, Files.readString(index).replace("FluxPipeline", "FluxKontextPipeline"));

    CommandRun run =
        CommandRun.of(
            "generate", "-m", kontext, PROMPT, "-r", picture, "-s", "8", "-o", again(), "-v");
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    assertThat(run.out()).containsPattern("(?m)^1 +64x64 ");

    Path third = folder.resolve("third.png");
    assertThat(CommandRun.of("generate", "-m", kontext, "--from", again(), "-o", third).err())
        .contains("again.png was made looking at another picture", "--ref-image");
    CommandRun same =
        CommandRun.of(
            "generate", "-m", kontext, "--from", again(), "-r", picture, "-o", third, "--verify");
    assertThat(same.code()).as(same.err() + same.out()).isEqualTo(ExitCode.OK);
    assertThat(CommandRun.of("generate", "-m", kontext, PROMPT, "-r", picture, "-i", picture).err())
        .contains("--ref-image and --init-img");
  }

  /** The first picture with its right half made anew by {@code more}, and its file. */
  private CommandRun masked(Path to, Object... more) throws IOException {
    generate(PROMPT, "-s", "7", "-o", picture, "--overwrite");
    List<Object> arguments = new ArrayList<>();
    arguments.addAll(List.of("-i", picture, "--mask", mask("mask.png", 64, 64), "-o", to));
    arguments.addAll(List.of(more));
    return generate(arguments.toArray());
  }

  @Test
  void aMaskSaysWhatIsMadeAnew() throws IOException {
    CommandRun run = masked(again(), PROMPT, "--mask-blur", "2", "-s", "8");
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    RgbImage before = ImageFiles.read(picture);
    RgbImage after = ImageFiles.read(again());
    assertThat(after.crop(0, 0, 20, 64)).isEqualTo(before.crop(0, 0, 20, 64));
    assertThat(after.crop(44, 0, 20, 64)).isNotEqualTo(before.crop(44, 0, 20, 64));
  }

  @Test
  void aMaskedPictureIsMadeAgainWithItsMask() throws IOException {
    masked(again(), PROMPT, "--mask-blur", "2", "-s", "8");
    Path third = folder.resolve("third.png");
    assertThat(generate("--from", again(), "-i", picture, "-o", third).err())
        .contains("again.png was made with a mask", "--mask");
    CommandRun same = masked(third, "--from", again(), "--verify");
    assertThat(same.code()).as(same.err() + same.out()).isEqualTo(ExitCode.OK);
    assertThat(same.err()).isEmpty();
    CommandRun other = masked(third, "--from", again(), "--mask-blur", "0", "--overwrite");
    assertThat(other.err()).contains("warning: Mask hash of ");
  }

  @Test
  void howAMaskWasMadeAnewIsRepeated() throws IOException {
    Object[] otherwise = {PROMPT, "-s", "8", "--mask-padding", "8", "--masked-content", "fill"};
    masked(again(), otherwise);
    assertThat(GenerationMetadata.read(again()).orElseThrow().settings())
        .containsEntry("Masked area padding", "8")
        .containsEntry("Masked content", "fill");
    Path third = folder.resolve("third.png");
    CommandRun same = masked(third, "--from", again(), "--verify");
    assertThat(same.code()).as(same.err() + same.out()).isEqualTo(ExitCode.OK);
    CommandRun other =
        masked(third, "--from", again(), "--verify", "--masked-content", "noise", "--overwrite");
    assertThat(other.code()).isNotEqualTo(ExitCode.OK);
  }

  @Test
  void aMaskAtFullStrengthGoesThroughAllStages() throws IOException {
    Path staged = folder.resolve("staged.png");
    CommandRun whole =
        masked(staged, PROMPT, "--strength", "1", "-s", "8", "-v", "--min-size", "32");
    assertThat(whole.out()).containsPattern("(?m)^1 +64x64 ");
    Object[] otherwise = {"--from", staged, "--verify", "--masked-content", "fill"};
    CommandRun repeated = masked(folder.resolve("third.png"), otherwise);
    assertThat(repeated.code()).as(repeated.err() + repeated.out()).isEqualTo(ExitCode.OK);
    assertThat(repeated.err()).contains("masked content 'fill' has no effect");
  }

  @Test
  void masksThatMakeNoSenseAreRefused() throws IOException {
    generate(PROMPT, "-s", "7", "-o", picture);
    Path mask = mask("mask.png", 64, 64);
    Path third = folder.resolve("third.png");
    assertThat(generate(PROMPT, "--mask", mask, "-o", third).err())
        .contains("--mask wants", "--init-img");
    assertThat(generate(PROMPT, "-i", picture, "--mask-blur", "3", "-o", third).err())
        .contains("--mask-blur wants");
    assertThat(generate(PROMPT, "-i", picture, "--mask-padding", "3", "-o", third).err())
        .contains("--mask-padding wants");
    assertThat(generate(PROMPT, "-i", picture, "--masked-content", "fill", "-o", third).err())
        .contains("--masked-content wants");
    assertThat(generate(PROMPT, "-i", picture, "--mask", mask("other.png", 32, 64)).err())
        .contains("64x64", "32x64", "proportions");
    assertThat(generate(PROMPT, "-i", picture, "--mask", mask, "--mask-blur", "-1").err())
        .contains("found -1.0");
  }

  /** The right half is white. */
  private Path mask(String name, int width, int height) throws IOException {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_BYTE_GRAY);
    for (int i = 0; i < width * height / 2; i++) {
      image.setRGB(width / 2 + i % (width / 2), i / (width / 2), 0xffffffff);
    }
    Path file = folder.resolve(name);
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  @Test
  void thePromptMayBeInAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("prompt.txt"), "\ufeffa café\n");

    assertThat(generate("--prompt-file", file, "-o", picture).code()).isEqualTo(ExitCode.OK);
    assertThat(GenerationMetadata.read(picture).orElseThrow().prompt()).isEqualTo("a café");

    assertThat(generate(PROMPT, "--prompt-file", file).err()).contains("given twice");
    assertThat(generate("--prompt-file", folder.resolve("no")).err())
        .contains("there is no such file");
    Files.write(file, new byte[] {(byte) 0xe9, 0x20});
    assertThat(generate("--prompt-file", file).err()).contains("no UTF-8");
    Files.writeString(file, "  ");
    assertThat(generate("--prompt-file", file).err()).contains("the prompt is empty");
  }
}
