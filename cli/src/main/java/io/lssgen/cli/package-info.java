/**
 * The {@code lssgen} command: reads flags, calls the library, shows progress, turns failures into
 * one line and an exit code. Entry type: {@link io.lssgen.cli.LssGenCommand}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.cli;
