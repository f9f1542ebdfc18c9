package io.lssgen.examples;

import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.image.AiDisclosure;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.PngTexts;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs each example on a tiny model, put together from the golden files of the module core. */
class ExamplesTest {
  private static final Path GOLDEN = Path.of("../core/src/test/resources/golden");

  @TempDir Path folder;
  private Path model;

  @BeforeEach
  void createModel() throws IOException {
    model = folder.resolve("tiny");
    copy(GOLDEN.resolve("flux-tiny"), model);
    copy(GOLDEN.resolve("upsampler-tiny"), model.resolve("upsampler"));
    Files.writeString(
        model.resolve("lssgen.json"),
        """
        {"steps": 2, "width": 64, "height": 64, "min_size": 32, "shorten": false}
        """);
  }

  private static void copy(Path source, Path target) throws IOException {
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Path to = target.resolve(source.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.copy(file, to);
        }
      }
    }
  }

  private static String printed(Runnable program) {
    PrintStream standard = System.out;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    System.setOut(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    try {
      program.run();
    } finally {
      System.setOut(standard);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static void assertDisclosed(Path picture) {
    assertThat(GenerationMetadata.read(picture).orElseThrow().prompt()).isEqualTo("a red apple");
    assertThat(PngTexts.read(picture).toString()).contains(AiDisclosure.SOURCE_TYPE);
  }

  @Test
  void makePictureWritesOne() {
    Path file = folder.resolve("apple.png");

    String out =
        printed(
            () ->
                MakePicture.main(new String[] {"a red apple", file.toString(), model.toString()}));

    assertThat(out).contains(file + ", seed ");
    assertThat(ImageFiles.read(file).width()).isEqualTo(64);
    assertDisclosed(file);
  }

  @Test
  void compareWithPlainMakesTwoDifferentPictures() {
    String out =
        printed(
            () ->
                CompareWithPlain.main(
                    new String[] {"a red apple", folder.toString(), model.toString()}));

    assertThat(out)
        .contains("stage 0, 32x32: step 2 of 2", "stage 1, 64x64: step 2 of 2")
        .containsPattern("with 2 stages, .* with one: .* times as fast");
    assertDisclosed(folder.resolve("scaled.png"));
    assertDisclosed(folder.resolve("plain.png"));
    assertThat(ImageFiles.read(folder.resolve("scaled.png")))
        .isNotEqualTo(ImageFiles.read(folder.resolve("plain.png")));
  }
}
