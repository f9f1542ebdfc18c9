package io.lssgen.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Whole tiny models, put together from the golden files of the module core. */
final class TinyModel {
  /** Golden files of core, seen from this module's folder. */
  static final Path GOLDEN = Path.of("../core/src/test/resources/golden");

  private TinyModel() {}

  /** A FLUX model with its upsampler and defaults of a tiny size: 64×64, one intermediate stage. */
  static Path create(Path target) {
    copy(GOLDEN.resolve("flux-tiny"), target);
    copy(GOLDEN.resolve("upsampler-tiny"), target.resolve("upsampler"));
    try {
      Files.writeString(
          target.resolve("lssgen.json"),
          """
          {"name": "tiny", "steps": 2, "width": 64, "height": 64, "min_size": 32,
           "base_width": 64, "base_height": 64, "shorten": false}
          """);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return target;
  }

  /**
   * A diffusion model with its upsampler; {@code kind} is sd, sdxl, playground or lcm. Its base
   * size is that of the golden runs.
   */
  static Path createDiffusion(Path target, String kind) throws IOException {
    Path tiny = GOLDEN.resolve("diffusion-tiny");
    copy(tiny.resolve("sd"), target);
    if (!kind.equals("sd")) {
      copy(tiny.resolve("sd/tokenizer"), target.resolve("tokenizer_2"));
      copy(tiny.resolve("sdxl"), target);
      copy(tiny.resolve(kind), target);
    }
    copy(GOLDEN.resolve("upsampler-4ch"), target.resolve("upsampler"));
    Files.writeString(target.resolve("lssgen.json"), "{\"base_width\": 64, \"base_height\": 64}");
    return target;
  }

  /** A Stable Diffusion 3 with its upsampler. */
  static Path createSd3(Path target) throws IOException {
    copy(GOLDEN.resolve("sd3-tiny"), target);
    copy(GOLDEN.resolve("flux-tiny/tokenizer"), target.resolve("tokenizer"));
    copy(GOLDEN.resolve("flux-tiny/tokenizer"), target.resolve("tokenizer_2"));
    copy(GOLDEN.resolve("flux-tiny/tokenizer_2"), target.resolve("tokenizer_3"));
    copy(GOLDEN.resolve("upsampler-tiny"), target.resolve("upsampler"));
    return target;
  }

  /** Unpacks the tiny single files and the folders of the same weights. */
  static void unpackSingleFiles(Path target) {
    Path archive = GOLDEN.resolve("single-file/tiny.zip");
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(archive))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path file = target.resolve(entry.getName());
        Files.createDirectories(file.resolveSibling("."));
        Files.write(file, zip.readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Copies a folder over another one. */
  static void copy(Path source, Path target) {
    try (Stream<Path> files = Files.walk(source)) {
      for (Path file : files.toList()) {
        Path to = target.resolve(source.relativize(file).toString());
        if (Files.isDirectory(file)) {
          Files.createDirectories(to);
        } else {
          Files.copy(file, to, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
