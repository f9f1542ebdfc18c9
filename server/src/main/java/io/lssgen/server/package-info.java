/**
 * The HTTP server: existing clients' APIs and its own in front of one engine thread. Entry type:
 * {@link io.lssgen.server.LssGenServer}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.server;
