package io.lssgen.pipeline;

import static java.util.Objects.requireNonNull;

import io.lssgen.image.RgbImage;
import io.lssgen.model.ControlNet;
import io.lssgen.model.ControlSignal;
import io.lssgen.model.Denoiser;
import io.lssgen.model.ImageTensors;
import io.lssgen.sampling.Stage;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The pictures that a run follows, as a stage wants them. */
final class ControlSignals {
  private ControlSignals() {}

  /** The ControlNets that a request wants. */
  static Set<Path> places(GenerationRequest request) {
    return request.controls().stream()
        .flatMap(control -> control.net().stream())
        .collect(Collectors.toSet());
  }

  /**
   * The denoiser as it follows the pictures of the recipe's request in a stage.
   *
   * @param nets those of {@link #places}
   */
  static Denoiser following(
      Denoiser denoiser, Stage stage, Recipe recipe, Map<Path, ControlNet> nets) {
    List<ControlSignal> signals = new ArrayList<>();
    for (ControlPicture control : recipe.request().controls()) {
      Optional<ControlPicture.Range> range = control.range(recipe.plan(), stage);
      if (range.isPresent() && control.net().isPresent() && control.strength() > 0) {
        signals.add(
            new ControlSignal(
                requireNonNull(nets.get(control.net().get())),
                shades(control.fitted(stage, recipe.picture())),
                control.strength(),
                range.get().first(),
                range.get().last()));
      }
    }
    return signals.isEmpty() ? denoiser : denoiser.following(signals);
  }

  /** [1, 3, H, W] from 0 to 1. */
  private static Tensor shades(RgbImage image) {
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(ImageTensors.toTensor(List.of(image)).add(1).mul(0.5));
    }
  }
}
