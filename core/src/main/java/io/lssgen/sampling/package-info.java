/**
 * Latent space scaling (arXiv 2507.16154): plans the stages of a run and walks them. Entry types:
 * {@link io.lssgen.sampling.StagePlanner}, which is pure arithmetic, and {@link
 * io.lssgen.sampling.StagedSampler}, the loop.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.sampling;
