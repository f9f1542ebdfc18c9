package io.lssgen.server.jobs;

import io.lssgen.pipeline.InitialPicture;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for.
 *
 * @param request as it is kept
 * @param picture what it begins with; null for noise alone
 */
public record Wanted(JobRequest request, @Nullable InitialPicture picture) {}
