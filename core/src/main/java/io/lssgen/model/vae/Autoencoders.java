package io.lssgen.model.vae;

import io.lssgen.model.Components;
import io.lssgen.model.Consistency;
import io.lssgen.model.LatentCodec;
import io.lssgen.model.LoadOptions;
import io.lssgen.model.ModelIndex;
import io.lssgen.model.WantedComponent;
import io.lssgen.weights.Checkpoint;

/** Loads the autoencoder of a model, the large kind or the tiny one. */
public final class Autoencoders {
  private static final String NAME = "vae";

  /** The kinds that can be loaded. */
  public static final WantedComponent WANTED =
      WantedComponent.of(NAME, "AutoencoderKL", AutoencoderTinyConfig.CLASS);

  private Autoencoders() {}

  /**
   * Checks that its latents are those of the denoiser, without a look at its weights.
   *
   * @param with the denoiser's field that says how many channels it wants, for messages
   * @param channels what that field amounts to
   * @throws io.lssgen.errors.ModelException if they are not, or it is missing or damaged
   */
  public static void requireChannels(ModelIndex index, String with, int channels) {
    int found =
        isTiny(index)
            ? tinyConfig(index).latentChannels()
            : AutoencoderKlConfig.of(index.config(NAME)).latentChannels();
    Consistency.requireEqual(index, "latent_channels of vae", found, with, channels);
  }

  private static boolean isTiny(ModelIndex index) {
    return WANTED.require(index).equals(AutoencoderTinyConfig.CLASS);
  }

  /**
   * Loads it.
   *
   * @throws io.lssgen.errors.ModelException if it is missing or damaged
   */
  public static LatentCodec load(ModelIndex index, Components components, LoadOptions options) {
    if (isTiny(index)) {
      return new AutoencoderTinyCodec(tiny(index, components), options.types().of(NAME));
    }
    AutoencoderKlConfig config = AutoencoderKlConfig.of(index.config(NAME));
    return new AutoencoderKlCodec(
        components.load(NAME, p -> new AutoencoderKl(p, config)),
        options.types().of(NAME),
        options.tiling());
  }

  private static AutoencoderTiny tiny(ModelIndex index, Components components) {
    boolean halves = hasHalves(index);
    AutoencoderTinyConfig config = tinyConfig(index);
    return components.load(
        NAME, p -> halves ? AutoencoderTiny.original(p, config) : new AutoencoderTiny(p, config));
  }

  private static boolean hasHalves(ModelIndex index) {
    return Checkpoint.hasHalves(index.path(NAME));
  }

  private static AutoencoderTinyConfig tinyConfig(ModelIndex index) {
    if (!hasHalves(index)) {
      return AutoencoderTinyConfig.of(index.config(NAME));
    }
    try (Checkpoint weights = index.weights(NAME)) {
      return AutoencoderTinyConfig.ofHalves(weights);
    }
  }
}
