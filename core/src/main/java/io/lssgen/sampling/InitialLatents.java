package io.lssgen.sampling;

import io.lssgen.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * The latents of a picture that a run begins with, of a stage's size.
 *
 * @param clean [B, C, h, w] fp32
 * @param mask [1, 1, h, w] fp32, 1 where they are made anew and 0 where they stay; null: anew
 *     everywhere
 * @param begin whether the first stage begins with them, noisy as its first level is; else with
 *     noise alone, and only what the mask keeps is theirs
 */
public record InitialLatents(Tensor clean, @Nullable Tensor mask, boolean begin) {}
