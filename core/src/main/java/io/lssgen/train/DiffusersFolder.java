package io.lssgen.train;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.LssGenException;
import io.lssgen.files.AtomicFile;
import io.lssgen.model.vae.AutoencoderKlConfig;
import io.lssgen.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Writes models in the layout that diffusers reads. */
final class DiffusersFolder {
  private static final ObjectMapper JSON = new ObjectMapper();

  private DiffusersFolder() {}

  static void writeAutoencoder(Path folder, AutoencoderKlConfig config, FlatParameters weights) {
    ObjectNode json = JSON.createObjectNode();
    json.put("_class_name", "AutoencoderKL");
    json.put("act_fn", "silu");
    json.put("in_channels", config.imageChannels());
    json.put("out_channels", config.imageChannels());
    json.put("latent_channels", config.latentChannels());
    json.put("layers_per_block", config.layersPerBlock());
    json.put("norm_num_groups", config.groups());
    config.blockChannels().forEach(json.withArray("block_out_channels")::add);
    config
        .blockChannels()
        .forEach(c -> json.withArray("down_block_types").add("DownEncoderBlock2D"));
    config.blockChannels().forEach(c -> json.withArray("up_block_types").add("UpDecoderBlock2D"));
    json.put("mid_block_add_attention", config.middleAttention());
    json.put("use_quant_conv", config.quantConvolution());
    json.put("use_post_quant_conv", config.postQuantConvolution());
    json.put("scaling_factor", config.scalingFactor());
    json.put("shift_factor", config.shiftFactor());
    json.put("sample_size", 1024);
    json.put("force_upcast", false);
    writeComponent(folder, json, "diffusion_pytorch_model.safetensors", weights);
  }

  /** Writes {@code config.json} and the weights of one component. */
  static void writeComponent(
      Path folder, ObjectNode config, String weightsFile, FlatParameters weights) {
    try {
      Files.createDirectories(folder);
      byte[] text = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(config);
      SafetensorsWriter.write(folder.resolve(weightsFile), weights.all(), Map.of("format", "pt"));
      AtomicFile.write(
          folder.resolve("config.json"),
          AtomicFile.IfExists.REPLACE,
          channel -> {
            ByteBuffer bytes = ByteBuffer.wrap(text);
            while (bytes.hasRemaining()) {
              channel.write(bytes);
            }
          });
    } catch (IOException e) {
      throw new LssGenException(folder + " cannot be written: " + e.getMessage(), e);
    }
  }
}
