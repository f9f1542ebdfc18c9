package io.lssgen.train;

import io.lssgen.tensor.DType;
import java.nio.file.Path;
import java.util.List;

/** The kinds of {@link TinyTrainees}, by the names that their losses are written down under. */
enum TinyTrainee {
  AUTOENCODER(3),
  DECODER(3),
  UPSAMPLER(3),
  DENOISER(3),
  XL(3),
  XL_LCM(25); // the distance of two predictions that are alike: more of it is rounding

  private final double bf16Percent;

  TinyTrainee(double bf16Percent) {
    this.bf16Percent = bf16Percent;
  }

  /** How far losses in bf16 may be from those in fp32. */
  double bf16Percent() {
    return bf16Percent;
  }

  /**
   * A fresh one with fp32 weights.
   *
   * @param type that it computes in
   * @param folder for the files that it needs
   * @param resources get what lives as long as the trainee, but not itself
   */
  Trainee make(DType type, Path folder, List<AutoCloseable> resources) {
    return switch (this) {
      case AUTOENCODER -> TinyTrainees.autoencoder(type);
      case DECODER -> TinyTrainees.decoder(type);
      case UPSAMPLER -> TinyTrainees.upsampler(type, resources);
      case DENOISER -> TinyTrainees.denoiser(type, folder, resources);
      case XL -> TinyTrainees.xl(type, folder, resources);
      case XL_LCM -> TinyTrainees.xlLcm(type, folder, resources);
    };
  }
}
