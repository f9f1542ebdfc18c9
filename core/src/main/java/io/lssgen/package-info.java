/** Text to image by latent space scaling. Entry type: {@link io.lssgen.LssGen}. */
@org.jspecify.annotations.NullMarked
package io.lssgen;
