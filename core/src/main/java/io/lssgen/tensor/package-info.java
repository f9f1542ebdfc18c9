/**
 * Tensors over libtorch. This is the only package that imports the native binding; everything else
 * sees {@link io.lssgen.tensor.Tensor} and {@link io.lssgen.tensor.TensorScope}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.tensor;
