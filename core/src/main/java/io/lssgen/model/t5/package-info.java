/**
 * T5's encoder, as transformers configures it. Entry type: {@link io.lssgen.model.t5.T5Encoder}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.model.t5;
