/**
 * Writing files so that a reader sees either the old content or the whole new one, never a part;
 * telling what a file is that is not what it should be. Entry types: {@link
 * io.lssgen.files.AtomicFile}, {@link io.lssgen.files.ModelFolder}, {@link
 * io.lssgen.files.FileMagic}, {@link io.lssgen.files.UnfinishedDownloads}; {@link
 * io.lssgen.files.FileStamp} tells whether a file is still the one it was.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.files;
