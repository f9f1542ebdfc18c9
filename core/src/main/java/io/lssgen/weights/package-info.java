/**
 * Weights on disk and in memory: safetensors files read and written, GGUF files read, checkpoints
 * of one or many files seen as one list of named tensors, foreign names translated by tables.
 *
 * <p>Entry types: {@link io.lssgen.weights.Checkpoint} to open a model's weights, {@link
 * io.lssgen.weights.ParameterTree} to load them for a model, {@link
 * io.lssgen.weights.SafetensorsWriter} to write them. Pickled files are never opened: reading a
 * pickle runs code from the file.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.weights;
