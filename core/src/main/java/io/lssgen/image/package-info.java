/**
 * Pictures and their files, in pure Java: no tensors here. Start with {@link
 * io.lssgen.image.RgbImage}; {@link io.lssgen.image.ImageFiles} reads files, {@link
 * io.lssgen.image.PngWriter} writes them and {@link io.lssgen.image.GenerationMetadata} is what
 * they tell about how they were made.
 */
@NullMarked
package io.lssgen.image;

import org.jspecify.annotations.NullMarked;
