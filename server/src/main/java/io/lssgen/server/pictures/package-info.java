/**
 * Pictures as clients want them: PNG, JPEG or WebP, with what they say of themselves. Entry type:
 * {@link io.lssgen.server.pictures.PictureFormat}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.server.pictures;
