/**
 * Model families and what they are made of: {@link io.lssgen.model.ModelFamilies}, the entry type,
 * finds the family of a model folder and loads it as an {@link io.lssgen.model.ImageModel}, whose
 * parts the sampling loop drives through {@link io.lssgen.model.PromptEncoder}, {@link
 * io.lssgen.model.Denoiser} and {@link io.lssgen.model.LatentCodec}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.model;
