/**
 * Noise schedules and the integration steps along them: which noise levels a run visits, how noise
 * is added to a clean latent, and how a prediction moves a latent one level down. Entry type:
 * {@link io.lssgen.schedule.Scheduler}; one algorithm per file, listed in {@link
 * io.lssgen.schedule.Schedulers}.
 */
@org.jspecify.annotations.NullMarked
package io.lssgen.schedule;
