package io.lssgen.pipeline;

import io.lssgen.image.RgbImage;
import io.lssgen.model.ImageModel;
import io.lssgen.model.ImageTensors;
import io.lssgen.sampling.InitialLatents;
import io.lssgen.sampling.Stage;
import io.lssgen.tensor.NormalSource;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The picture that a model follows by itself, as the stages of a run want it.
 *
 * @param recipe its request has one
 * @param model encodes it
 * @param noise what the encoder draws: before all else of a stage, as in diffusers
 */
record FollowedLatents(Recipe recipe, ImageModel model, NormalSource noise) {

  /**
   * What a stage has of it and of the picture that the run begins with.
   *
   * @param begun that other one's; null: there is none
   */
  Function<Stage, InitialLatents> beside(@Nullable Function<Stage, InitialLatents> begun) {
    return stage -> {
      Tensor seen = seen(stage);
      InitialLatents known = begun == null ? null : begun.apply(stage);
      return new InitialLatents(
          known == null ? null : known.begin(), known == null ? null : known.kept(), () -> seen);
    };
  }

  private Tensor seen(Stage stage) {
    ControlPicture control = recipe.request().controls().get(0);
    RgbImage fitted = control.fitted(stage, recipe.picture());
    try (TensorScope scope = TensorScope.open()) {
      return scope.keep(model.codec().sample(ImageTensors.toTensor(List.of(fitted)), noise));
    }
  }
}
