/**
 * Weights on disk and in memory: safetensors files read and written, checkpoints of one or many
 * files seen as one list of named tensors, foreign names translated by tables.
 *
 * <p>Entry type: {@link io.lssgen.weights.SafetensorsFile}. Pickled files are never opened: reading
 * a pickle runs code from the file.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.weights;
