package io.lssgen.hub;

import java.util.Optional;
import java.util.Set;

/**
 * Which of a model's weights are wanted.
 *
 * @param variant for instance {@code fp16} for {@code *.fp16.safetensors}; empty: those without a
 *     variant's name, or the only ones there are
 * @param elsewhere components whose weights come from elsewhere, so that the model's own are not
 *     needed; {@link io.lssgen.model.ModelParts#T5} may be one
 * @param only the component that is wanted of a whole model, which may be that, too; empty: all
 */
public record WantedWeights(
    Optional<String> variant, Set<String> elsewhere, Optional<String> only) {
  /** The plain weights of every component that is read. */
  public static final WantedWeights ALL = elsewhere(Set.of());

  public WantedWeights {
    elsewhere = Set.copyOf(elsewhere);
  }

  /** All but some components' weights. */
  public static WantedWeights elsewhere(Set<String> components) {
    return new WantedWeights(Optional.empty(), components, Optional.empty());
  }

  /** Those of one component, be it alone in its repository or part of a whole model. */
  public static WantedWeights only(String component) {
    return new WantedWeights(Optional.empty(), Set.of(), Optional.of(component));
  }

  /** A variant of every component's weights. */
  public static WantedWeights variant(String name) {
    return new WantedWeights(Optional.of(name), Set.of(), Optional.empty());
  }
}
