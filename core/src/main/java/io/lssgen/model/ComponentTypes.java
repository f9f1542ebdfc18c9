package io.lssgen.model;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a model's components compute in, and what their weights are kept in: one type, but for those
 * that have their own. A text encoder may be read in fp32 beside a denoiser in bf16, say.
 *
 * @param usual fp32 or bf16
 * @param own of components that have their own, by diffusers' name ({@code vae}, {@code
 *     text_encoder_2}) or {@code upsampler}
 */
public record ComponentTypes(DType usual, Map<String, DType> own) {
  private static final String UPSAMPLER = "upsampler";

  /**
   * Checks the types.
   *
   * @throws UsageException if one is neither fp32 nor bf16
   */
  public ComponentTypes {
    require(usual);
    own.values().forEach(ComponentTypes::require);
    own = Collections.unmodifiableMap(new TreeMap<>(own));
  }

  private static void require(DType type) {
    if (type != DType.F32 && type != DType.BF16) {
      throw new UsageException("a model computes in fp32 or bf16, found " + type.label());
    }
  }

  /** All the same. */
  public static ComponentTypes all(DType type) {
    return new ComponentTypes(type, Map.of());
  }

  /** With another usual type. */
  public ComponentTypes usual(DType type) {
    return new ComponentTypes(type, own);
  }

  /** With a component's own type. */
  public ComponentTypes with(String component, DType type) {
    Map<String, DType> more = new TreeMap<>(own);
    more.put(component, type);
    return new ComponentTypes(usual, more);
  }

  /** A component's. */
  public DType of(String component) {
    return own.getOrDefault(component, usual);
  }

  /** Whether all compute in fp32. */
  public boolean areFull() {
    return usual == DType.F32 && own.values().stream().allMatch(DType.F32::equals);
  }

  /** The latent upsampler's. */
  public DType ofUpsampler() {
    return of(UPSAMPLER);
  }

  /**
   * Checks that a model has those that are named.
   *
   * @param components the model's
   * @throws UsageException if it lacks one
   */
  public void requireKnown(Set<String> components) {
    Set<String> known = new TreeSet<>(components);
    known.add(UPSAMPLER);
    for (String name : own.keySet()) {
      if (!known.contains(name)) {
        throw new UsageException(
            "a component with a type of its own must be one of %s, found '%s'"
                .formatted(String.join(", ", known), name));
      }
    }
  }

  /** {@code bf16}, or {@code bf16, vae=fp32}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(usual.label());
    own.forEach(
        (name, type) -> {
          if (type != usual) {
            text.append(", ").append(name).append('=').append(type.label());
          }
        });
    return text.toString();
  }
}
