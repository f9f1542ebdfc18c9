/**
 * LSSGen's own API: jobs with events, gallery, capabilities, health. Entry type: {@link
 * io.lssgen.server.api.JobRoutes}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.server.api;
