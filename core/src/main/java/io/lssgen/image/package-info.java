/**
 * Pictures and their files, in pure Java: no tensors here. Start with {@link
 * io.lssgen.image.RgbImage}.
 */
@NullMarked
package io.lssgen.image;

import org.jspecify.annotations.NullMarked;
