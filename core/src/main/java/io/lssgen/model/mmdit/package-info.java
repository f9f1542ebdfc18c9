/**
 * What transformers over text and image share that come from MM-DiT (arXiv 2403.03206), as
 * diffusers names it: FLUX.1 and Stable Diffusion 3. Entry type: {@link
 * io.lssgen.model.mmdit.JointBlock}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.model.mmdit;
