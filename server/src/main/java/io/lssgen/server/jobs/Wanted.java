package io.lssgen.server.jobs;

import io.lssgen.server.store.JobPictures;

/**
 * What a client asks for.
 *
 * @param request as it is kept
 * @param pictures that came with it
 */
public record Wanted(JobRequest request, JobPictures pictures) {}
