package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.eval.SceneEvaluation;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.InitialPicture;
import io.lssgen.pipeline.Recipe;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.StagePlan;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How the pictures of an evaluation are made: as {@code generate} makes them, square, seeded. */
final class SceneRequests {
  @Mixin private SamplingOptions sampling = new SamplingOptions();

  @Option(
      names = "--side",
      paramLabel = "PIXELS",
      description = "Side of the square pictures. Default: the model's width.")
  private @Nullable Integer side;

  @Option(
      names = {"-s", "--seed"},
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of the first picture, the next ones count up. Default: 1.")
  private long seed;

  @Option(
      names = "--strength",
      paramLabel = "S",
      description =
          "Begin with the true scenes instead of noise, changed as much as generate's --strength"
              + " says, above 0 to 1: tells at which noise levels a model goes wrong. Wants artwork.")
  private @Nullable Double strength;

  /** The model and how it samples. */
  SamplingOptions sampling() {
    return sampling;
  }

  /** Side of the pictures in pixels, {@code absent} if none was named. */
  int side(int absent) {
    int chosen = side == null ? absent : side;
    if (chosen < 1) {
      throw new UsageException("the side must be at least 1 pixel, found " + chosen);
    }
    return chosen;
  }

  /**
   * Whether pictures begin with true scenes.
   *
   * @throws UsageException if the strength of that is none
   */
  boolean beginsWithScenes() {
    if (strength != null) {
      InitialPicture.requireStrength(strength);
    }
    return strength != null;
  }

  /**
   * Paints prompts, each with a seed of its own.
   *
   * @param truth draws what pictures begin with, if they do
   */
  SceneEvaluation.Painter painter(
      TextToImage loaded, int pixels, Optional<SceneEvaluation.Painter> truth) {
    Double chosen = strength;
    return (prompt, index) -> {
      GenerationRequest.Builder request = request(prompt.prompt(), seed + index, pixels);
      if (chosen != null) {
        request.initialPicture(truth.orElseThrow().paint(prompt, index), chosen);
      }
      return loaded.generate(request.build()).images().get(0);
    };
  }

  private GenerationRequest.Builder request(String prompt, long ownSeed, int pixels) {
    if (seed < 0) {
      throw new UsageException("the seed must be at least 0, so that scores repeat; found " + seed);
    }
    return sampling.request(prompt).size(pixels, pixels).seed(ownSeed);
  }

  /** What the report says of how pictures were made. */
  Map<String, String> settings(TextToImage loaded, int pixels) {
    GenerationRequest.Builder request = request("a dog", seed, pixels);
    if (strength != null) {
      request.initialPicture(new RgbImage(1, 1, new byte[3]), strength);
    }
    Recipe recipe = loaded.recipe(request.build());
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("model", recipe.model() + ", weights " + recipe.weights());
    settings.put("pictures", pixels + "x" + pixels + ", seeds from " + seed);
    settings.put("stages", stages(recipe.plan()));
    if (strength != null) {
      settings.put("begun with", "true scenes, strength " + strength);
    }
    settings.put("scaling", recipe.scaling().label());
    recipe.guidance().ifPresent(value -> settings.put("guidance", Double.toString(value)));
    if (recipe.cfgScale() > 1) {
      settings.put("cfg scale", Double.toString(recipe.cfgScale()));
    }
    if (!recipe.loras().isEmpty()) {
      settings.put(
          "LoRAs",
          recipe.loras().stream()
              .map(lora -> lora.name() + ":" + lora.weight())
              .collect(Collectors.joining(", ")));
    }
    settings.put("dtype", recipe.types().toString());
    return settings;
  }

  /** {@code 14 steps at 512x512, 10 steps at 1024x1024}. */
  private static String stages(StagePlan plan) {
    return plan.stages().stream()
        .map(s -> "%d steps at %dx%d".formatted(s.steps(), s.width(), s.height()))
        .collect(Collectors.joining(", "));
  }
}
