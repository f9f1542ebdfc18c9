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
   * Loads it.
   *
   * @param with the denoiser's field that says how many channels it wants, for messages
   * @param channels what that field amounts to
   * @throws io.lssgen.errors.ModelException if it is missing, damaged, or of other channels
   */
  public static LatentCodec load(
      ModelIndex index, Components components, LoadOptions options, String with, int channels) {
    if (WANTED.require(index).equals(AutoencoderTinyConfig.CLASS)) {
      return new AutoencoderTinyCodec(tiny(index, components, with, channels), options.type());
    }
    AutoencoderKlConfig config = AutoencoderKlConfig.of(index.config(NAME));
    requireChannels(index, config.latentChannels(), with, channels);
    return new AutoencoderKlCodec(
        components.load(NAME, p -> new AutoencoderKl(p, config)), options.type(), options.tiling());
  }

  private static AutoencoderTiny tiny(
      ModelIndex index, Components components, String with, int channels) {
    boolean halves = Checkpoint.hasHalves(index.path(NAME));
    AutoencoderTinyConfig config;
    if (halves) {
      try (Checkpoint weights = index.weights(NAME)) {
        config = AutoencoderTinyConfig.ofHalves(weights);
      }
    } else {
      config = AutoencoderTinyConfig.of(index.config(NAME));
    }
    requireChannels(index, config.latentChannels(), with, channels);
    return components.load(
        NAME, p -> halves ? AutoencoderTiny.original(p, config) : new AutoencoderTiny(p, config));
  }

  private static void requireChannels(ModelIndex index, int found, String with, int wanted) {
    Consistency.requireEqual(index, "latent_channels of vae", found, with, wanted);
  }
}
