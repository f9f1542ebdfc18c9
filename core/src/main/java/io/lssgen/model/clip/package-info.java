/**
 * CLIP's text encoder, as transformers configures it. Entry type: {@link
 * io.lssgen.model.clip.ClipTextModel}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.model.clip;
