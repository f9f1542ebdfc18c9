/**
 * From a prompt to token ids, exactly as Hugging Face's tokenizers do it, in pure Java: the byte
 * pair encoding of CLIP and the unigram model of T5, and the tools that build small vocabularies of
 * both kinds. {@link io.lssgen.text.WeightedPrompt} and {@link io.lssgen.text.PromptChunker} read
 * prompts with weights and of any length. Imports no tensors. Entry type: {@link
 * io.lssgen.text.Tokenizers}.
 */
@NullMarked
package io.lssgen.text;

import org.jspecify.annotations.NullMarked;
