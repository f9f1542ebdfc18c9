/**
 * The FLUX.1 family: its transformer, as diffusers configures and names it. Entry types: {@link
 * io.lssgen.model.flux.FluxTransformer} and {@link io.lssgen.model.flux.FluxConfig}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.model.flux;
