package io.lssgen.scaling;

import io.lssgen.errors.ModelException;
import io.lssgen.model.LatentCodec;
import io.lssgen.model.vae.LatentScale;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Latent spaces that many models share: that of an autoencoder, scaled and shifted for a denoiser.
 * An autoencoder is known by its channels and by its {@code scaling_factor} and {@code
 * shift_factor}, which no two of them have in common; a tiny one, which has neither, by the family
 * of the model that it is in.
 */
public enum LatentSpace {
  /** FLUX.1's. */
  FLUX(16, new LatentScale(0.3611, 0.1159), List.of("FLUX.1")),

  /** Stable Diffusion 3's. */
  SD3(16, new LatentScale(1.5305, 0.0609), List.of("Stable Diffusion 3")),

  /** Stable Diffusion 1's and 2's. */
  SD(4, new LatentScale(0.18215, 0), List.of("Stable Diffusion")),

  /** SDXL's. */
  SDXL(4, new LatentScale(0.13025, 0), List.of("SDXL"));

  /** Playground v2.5 has SDXL's autoencoder and its own statistics of its latents. */
  private static final LatentScale PLAYGROUND =
      new LatentScale(
          0.5, 0, List.of(-1.6574, 1.886, -1.383, 2.5155), List.of(8.4927, 5.9022, 6.5498, 5.2299));

  private final int channels;
  private final LatentScale scale;
  private final List<String> families;

  LatentSpace(int channels, LatentScale scale, List<String> families) {
    this.channels = channels;
    this.scale = scale;
    this.families = families;
  }

  /** Channels of its latents. */
  public int channels() {
    return channels;
  }

  /** From the autoencoder's latents to this space. */
  public LatentScale scale() {
    return scale;
  }

  /** The name in files and folders: {@code flux}, {@code sd3}, {@code sd}, {@code sdxl}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether latents of {@code other} are this space's autoencoder's, scaled differently or not. */
  public boolean holds(LatentScale other) {
    return scale.equals(other) || (this == SDXL && other.equals(PLAYGROUND));
  }

  /**
   * The space whose autoencoder a model has.
   *
   * @param family the model's, see {@link io.lssgen.model.ImageModel#family()}
   */
  public static Optional<LatentSpace> of(LatentCodec codec, String family) {
    return Arrays.stream(values())
        .filter(space -> space.channels == codec.channels())
        .filter(space -> codec.scale().map(space::holds).orElse(space.families.contains(family)))
        .findFirst();
  }

  /**
   * The space of this {@link #label()}.
   *
   * @param origin the file that names it, for the message
   * @throws ModelException if there is none
   */
  public static LatentSpace parse(String origin, String label) {
    return Arrays.stream(values())
        .filter(space -> space.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new ModelException(
                    "%s: latent_space wants one of %s, found %s"
                        .formatted(
                            origin,
                            Arrays.stream(values()).map(LatentSpace::label).toList(),
                            label)));
  }
}
