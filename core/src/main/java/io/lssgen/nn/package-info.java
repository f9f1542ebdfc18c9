/**
 * Layers. Each takes its weights from a {@link io.lssgen.nn.Parameters} cursor, which is the entry
 * type, and computes in the type of its input: weights of another type are converted on use, so
 * that fp32 master weights serve a bf16 forward pass.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.nn;
