/**
 * From a request to pictures: a loaded model, its defaults, the run and its result. Entry types:
 * {@link io.lssgen.pipeline.PipelineLoader}, which makes a {@link io.lssgen.pipeline.TextToImage},
 * and {@link io.lssgen.pipeline.GenerationRequest}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.pipeline;
