package io.lssgen.pipeline;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/** Whole tiny model folders, put together from the golden files. */
public final class TinyModels {
  private TinyModels() {}

  /** A file or folder below the golden resources. */
  static Path golden(String name) {
    try {
      return Path.of(TinyModels.class.getResource("/golden/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The tiny FLUX model with an upsampler; {@code kind} is dev or schnell. */
  static Path create(Path target, String kind) {
    copy(golden("flux-tiny"), target);
    if (kind.equals("schnell")) {
      copy(golden("flux-tiny-schnell"), target);
    }
    copy(golden("upsampler-tiny"), target.resolve("upsampler"));
    return target;
  }

  /** A tiny diffusion model with an upsampler; {@code kind} is sd, sdxl, playground or lcm. */
  public static Path createDiffusion(Path target, String kind) {
    copy(golden("diffusion-tiny/sd"), target);
    if (!kind.equals("sd")) {
      copy(golden("diffusion-tiny/sd/tokenizer"), target.resolve("tokenizer_2"));
      copy(golden("diffusion-tiny/sdxl"), target);
    }
    if (kind.equals("playground") || kind.equals("lcm")) {
      copy(golden("diffusion-tiny/" + kind), target);
    }
    copy(golden("upsampler-4ch"), target.resolve("upsampler"));
    return target;
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
