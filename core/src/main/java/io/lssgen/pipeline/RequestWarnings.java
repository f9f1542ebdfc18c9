package io.lssgen.pipeline;

import io.lssgen.model.PromptEncoder;
import io.lssgen.text.PromptWords;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
    return warnings;
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
    return warnings;
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
