/**
 * Writing files so that a reader sees either the old content or the whole new one, never a part.
 * Entry type: {@link io.lssgen.files.AtomicFile}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.files;
