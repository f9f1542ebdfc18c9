/**
 * Models by name, {@code org/name[@revision]}: found in the cache of Hugging Face, in the layout
 * that its own library leaves there, or fetched into it. Entry type: {@link
 * io.lssgen.hub.ModelHub}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.hub;
