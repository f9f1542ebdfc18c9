/**
 * Requests on their way: a bounded queue, one worker, events for whoever listens. Entry type:
 * {@link io.lssgen.server.jobs.JobQueue}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.server.jobs;
