package io.lssgen.model.vae;

import io.lssgen.errors.ModelException;
import io.lssgen.model.LatentCodec;
import io.lssgen.nn.Parameters;
import io.lssgen.tensor.DType;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.KeyMap;
import io.lssgen.weights.ParameterTree;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A tiny autoencoder in its own two files, with the weights that it owns. Such files carry no
 * configuration: the architecture is the published one, and the first convolution's shape says how
 * wide it is and how many channels its latents have.
 *
 * @param encoder the encoder's weights
 * @param decoder the decoder's weights
 */
public record AutoencoderTinyFiles(
    AutoencoderTinyConfig config, ParameterTree encoder, ParameterTree decoder)
    implements AutoCloseable {
  private static final String FIRST_OF_ENCODER = "0.weight";
  private static final String FIRST_OF_DECODER = "1.weight";

  /**
   * Loads both halves.
   *
   * @param type what the weights become
   * @throws ModelException if a file is missing, damaged, or no such autoencoder's
   */
  public static AutoencoderTinyFiles open(Path encoderFile, Path decoderFile, DType type) {
    try (Checkpoint encoder = Checkpoint.open(encoderFile);
        Checkpoint decoder = Checkpoint.open(decoderFile)) {
      long[] image = kernel(encoder, FIRST_OF_ENCODER, 3); // [width, 3, 3, 3]
      long[] latent = kernel(decoder, FIRST_OF_DECODER, -1); // [width, C, 3, 3]
      if (image[0] != latent[0]) {
        throw new ModelException(
            "%s and %s are no pair: their layers have %d and %d channels"
                .formatted(encoderFile, decoderFile, image[0], latent[0]));
      }
      AutoencoderTinyConfig config =
          AutoencoderTinyConfig.original(Math.toIntExact(image[0]), Math.toIntExact(latent[1]));
      ParameterTree first =
          ParameterTree.load(
              encoder, KeyMap.identity(), type, root -> new TinyEncoder(root, config));
      try {
        return new AutoencoderTinyFiles(
            config,
            first,
            ParameterTree.load(
                decoder,
                KeyMap.identity(),
                type,
                root -> AutoencoderTiny.originalDecoder(root, config)));
      } catch (RuntimeException e) {
        first.close();
        throw e;
      }
    }
  }

  private static long[] kernel(Checkpoint file, String name, int inputs) {
    long[] shape = file.has(name) ? file.entry(name).shape() : new long[0];
    if (shape.length != 4 || (inputs >= 0 && shape[1] != inputs)) {
      throw new ModelException(
          "%s is no tiny autoencoder's: it wants a kernel '%s', found shape %s"
              .formatted(file.origin(), name, Arrays.toString(shape)));
    }
    return shape;
  }

  /** The network over the weights, which stay this object's. */
  public AutoencoderTiny network() {
    return AutoencoderTiny.original(Parameters.of(encoder), Parameters.of(decoder), config);
  }

  /**
   * The network seen from the denoiser.
   *
   * @param type the type to compute in
   */
  public LatentCodec codec(DType type) {
    return new AutoencoderTinyCodec(network(), type);
  }

  /** Frees the weights. The network can no longer be used. */
  @Override
  public void close() {
    encoder.close();
    decoder.close();
  }
}
