package io.lssgen.hub;

import java.util.Optional;
import java.util.Set;

/**
 * Which of a model's weights are wanted.
 *
 * @param variant for instance {@code fp16} for {@code *.fp16.safetensors}; empty: those without a
 *     variant's name, or the only ones there are
 * @param elsewhere components whose weights come from elsewhere, so that the model's own are not
 *     needed
 */
public record WantedWeights(Optional<String> variant, Set<String> elsewhere) {
  /** The plain weights of every component that is read. */
  public static final WantedWeights ALL = new WantedWeights(Optional.empty(), Set.of());

  public WantedWeights {
    elsewhere = Set.copyOf(elsewhere);
  }

  /** A variant of every component's weights. */
  public static WantedWeights variant(String name) {
    return new WantedWeights(Optional.of(name), Set.of());
  }
}
