/**
 * Jobs, pictures and measured times in SQLite, picture files beside it. Entry type: {@link
 * io.lssgen.server.store.Database}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.server.store;
