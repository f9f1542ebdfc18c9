/**
 * CLIP's text encoder, as transformers configures it. Entry type: {@link
 * io.lssgen.model.clip.ClipTextModel}; {@link io.lssgen.model.clip.ClipPrompts} reads prompts with
 * it.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.model.clip;
