package io.lssgen.pipeline;

import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.TreeMap;
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

  /**
   * A tiny Stable Diffusion 3 with an upsampler.
   *
   * @param kind 3, 3.5 or 3.5-without, which has no T5
   */
  static Path createSd3(Path target, String kind) throws IOException {
    copy(golden("sd3-tiny"), target);
    if (kind.equals("3")) {
      copy(golden("sd3-tiny-3"), target);
    }
    copy(golden("flux-tiny/tokenizer"), target.resolve("tokenizer"));
    copy(golden("flux-tiny/tokenizer"), target.resolve("tokenizer_2"));
    copy(golden("flux-tiny/tokenizer_2"), target.resolve("tokenizer_3"));
    copy(golden("upsampler-tiny"), target.resolve("upsampler"));
    if (kind.endsWith("without")) {
      Path index = target.resolve("model_index.json");
      String json = Files.readString(index);
      Files.writeString(
          index, json.replaceAll("(\"(text_encoder|tokenizer)_3\": )\\[[^]]*]", "$1[null, null]"));
    }
    return target;
  }

  /**
   * A tiny model for inpainting: its denoiser's first layer has more channels.
   *
   * @param kind flux, sd or sdxl
   * @param first that layer's weight
   */
  static Path createInpainting(Path target, String kind, Tensor first) {
    boolean flux = kind.equals("flux");
    if (flux) {
      create(target, "dev");
    } else {
      createDiffusion(target, kind);
    }
    Path denoiser = target.resolve(flux ? "transformer" : "unet");
    Path weights = denoiser.resolve("diffusion_pytorch_model.safetensors");
    try (TensorScope scope = TensorScope.open();
        Checkpoint file = Checkpoint.open(weights)) {
      assert scope != null;
      Map<String, Tensor> tensors = new TreeMap<>();
      file.names().forEach(name -> tensors.put(name, file.tensor(name)));
      tensors.put(flux ? "x_embedder.weight" : "conv_in.weight", first);
      SafetensorsWriter.write(target.resolve("wide.safetensors"), tensors);
    }
    try {
      Files.move(target.resolve("wide.safetensors"), weights, StandardCopyOption.REPLACE_EXISTING);
      replace(
          denoiser.resolve("config.json"),
          "\"in_channels\": (\\d+)",
          "\"in_channels\": " + first.size(1) + (flux ? ", \"out_channels\": $1" : ""));
      replace(
          target.resolve("model_index.json"),
          "Pipeline\"",
          (flux ? "Fill" : "Inpaint") + "Pipeline\"");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return target;
  }

  /** The tiny FLUX model as one that looks at pictures. */
  static Path createKontext(Path target) {
    create(target, "dev");
    return withPipeline(target, "FluxPipeline", "FluxKontextPipeline");
  }

  /**
   * The tiny FLUX model as one that follows pictures.
   *
   * @param first its first layer's weight
   */
  static Path createFollowing(Path target, Tensor first) {
    createInpainting(target, "flux", first);
    return withPipeline(target, "FluxFillPipeline", "FluxControlPipeline");
  }

  private static Path withPipeline(Path target, String old, String other) {
    try {
      replace(target.resolve("model_index.json"), old, other);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return target;
  }

  private static void replace(Path file, String pattern, String replacement) throws IOException {
    String text = Files.readString(file);
    String ours = text.replaceAll("\"out_channels\": null,\\s*", ""); // else it is there twice
    Files.writeString(file, ours.replaceAll(pattern, replacement));
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
