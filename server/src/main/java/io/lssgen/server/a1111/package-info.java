/**
 * The API that clients of the AUTOMATIC1111 web UI speak. Entry type: {@link
 * io.lssgen.server.a1111.Automatic1111Routes}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.server.a1111;
