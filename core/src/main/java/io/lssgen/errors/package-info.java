/**
 * What can go wrong, as unchecked exceptions whose message is one line: what, wanted, found, what
 * to do, and what users choose by name. Entry type: {@link io.lssgen.errors.LssGenException}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.errors;
