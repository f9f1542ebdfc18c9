/**
 * Stable Diffusion 3 and 3.5 (arXiv 2403.03206): their transformer, as diffusers configures and
 * names it. Entry types: {@link io.lssgen.model.sd3.Sd3Transformer} and {@link
 * io.lssgen.model.sd3.Sd3Config}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.model.sd3;
