/**
 * What all routes share: guard against foreign requests, bounded bodies, fields with ranges, errors
 * in each API's shape, event streams. Entry type: {@link io.lssgen.server.http.Guard}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.server.http;
