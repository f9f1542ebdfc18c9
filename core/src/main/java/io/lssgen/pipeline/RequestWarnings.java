package io.lssgen.pipeline;

import io.lssgen.image.ImageSize;
import io.lssgen.image.RgbImage;
import io.lssgen.model.PromptEncoder;
import io.lssgen.sampling.Stage;
import io.lssgen.text.PromptWords;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** What a user should know about a request that can be carried out, though not wholly as meant. */
final class RequestWarnings {
  private final LoadedModel loaded;
  private final GenerationRequest request;
  private final Recipe recipe;
  private final PromptEncoder prompts;

  private RequestWarnings(LoadedModel loaded, Recipe recipe) {
    this.loaded = loaded;
    this.recipe = recipe;
    request = recipe.request();
    prompts = loaded.model().prompts();
  }

  /** A sentence for each; mostly empty. */
  static List<String> of(LoadedModel loaded, Recipe recipe) {
    return new RequestWarnings(loaded, recipe).all();
  }

  private List<String> all() {
    String prompt = request.promptLoras().text();
    List<String> warnings = new ArrayList<>(prompts.warnings(prompt));
    unknownWords(prompt).ifPresent(warnings::add);
    if (request.clipSkip().isPresent() && !prompts.takesClipSkip()) {
      warnings.add("the clip skip has no effect: this model reads no layer of CLIP's but the last");
    }
    warnings.addAll(ofGuidance());
    recipe.picture().ifPresent(picture -> warnings.addAll(ofPicture(picture)));
    request.controls().forEach(control -> ofControl(control).ifPresent(warnings::add));
    return warnings.stream().distinct().toList(); // of both prompts some say the same
  }

  private Optional<String> unknownWords(String prompt) {
    ModelDefaults defaults = loaded.defaults();
    if (defaults.vocabulary().isEmpty()) {
      return Optional.empty();
    }
    List<String> unknown = PromptWords.unknown(prompts.plain(prompt), defaults.vocabulary());
    return unknown.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s was not trained with these words: %s"
                .formatted(defaults.name(), String.join(", ", unknown)));
  }

  private Optional<String> ofControl(ControlPicture control) {
    Stage last = recipe.plan().last();
    ImageSize becomes = // of a picture of which what lies around a mask is seen alone, its own
        recipe
            .picture()
            .filter(picture -> picture.inpainting().padding().isPresent())
            .map(picture -> new ImageSize(picture.image().width(), picture.image().height()))
            .orElseGet(() -> new ImageSize(last.width(), last.height()));
    return control.isCut(becomes.width(), becomes.height())
        ? Optional.of(
            cut("the picture to follow", control.image(), becomes.width(), becomes.height()))
        : Optional.empty();
  }

  private static String cut(String what, RgbImage image, int width, int height) {
    return "%s has %dx%d pixels and becomes %dx%d: its edges are cut off"
        .formatted(what, image.width(), image.height(), width, height);
  }

  private List<String> ofPicture(InitialPicture picture) {
    List<String> warnings = new ArrayList<>();
    Stage stage = recipe.plan().last();
    if (picture.isCut(stage.width(), stage.height())) {
      warnings.add(cut("the initial picture", picture.image(), stage.width(), stage.height()));
    }
    double strength = request.initialPicture().map(InitialPicture::strength).orElse(1.0);
    if (picture.reference()
        && picture.mask().isEmpty()
        && strength != 1
        && strength != InitialPicture.DEFAULT_STRENGTH) {
      warnings.add("the strength has no effect: the model looks at the picture all the way");
    }
    if (picture.beginsWithNoise()) {
      if (picture.inpainting().content() != MaskedContent.ORIGINAL) {
        warnings.add(
            "the masked content '%s' has no effect: at strength 1 a run begins with noise"
                .formatted(picture.inpainting().content().label()));
      }
      return warnings;
    }
    if (request.scaling().isPresent()
        || request.minSize().isPresent()
        || request.startSigma().isPresent()
        || request.shorten().isPresent()) {
      warnings.add("scaling has no effect: a run that begins with a picture has one stage");
    }
    return warnings;
  }

  private List<String> ofGuidance() {
    List<String> warnings = new ArrayList<>();
    String without = "the %s has no effect unless the CFG scale is above 1";
    if (recipe.cfgScale() > 1) {
      warnings.addAll(prompts.warnings(request.negativePrompt()));
    } else {
      if (!request.negativePrompt().isEmpty()) {
        warnings.add(without.formatted("negative prompt"));
      }
      if (request.guidanceRescale() > 0) {
        warnings.add(without.formatted("guidance rescale"));
      }
    }
    if (request.guidance().isPresent() && !loaded.model().denoiser().takesGuidance()) {
      warnings.add("the guidance has no effect: this model takes none");
    }
    recipe.guidance().ifPresent(scale -> distilledRange(scale).ifPresent(warnings::add));
    guidedTwice().ifPresent(warnings::add);
    return warnings;
  }

  /** As clients of other programs ask for, which send a CFG scale of 7 to every model. */
  private Optional<String> guidedTwice() {
    OptionalDouble guidance = recipe.guidance();
    if (guidance.isEmpty() || guidance.getAsDouble() <= 1 || recipe.cfgScale() <= 1) {
      return Optional.empty();
    }
    return Optional.of(
        "the model is guided already (guidance %s), and a CFG scale of %s guides it once more:"
                .formatted(guidance.getAsDouble(), recipe.cfgScale())
            + " twice the time, and colours may burn; 1 switches it off");
  }

  /** What to say of a guidance scale that the model never saw. */
  private Optional<String> distilledRange(double scale) {
    ModelDefaults defaults = loaded.defaults();
    return defaults
        .guidanceRange()
        .filter(range -> !range.contains(scale))
        .map(
            range ->
                "the guidance %s is beyond what %s was distilled for, %s to %s: pictures may suffer"
                    .formatted(scale, defaults.name(), range.least(), range.most()));
  }
}
