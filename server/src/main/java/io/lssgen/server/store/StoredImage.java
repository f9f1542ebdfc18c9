package io.lssgen.server.store;

/**
 * A picture in the gallery.
 *
 * @param number counts up, so that the gallery can be read page by page
 * @param id its name, which cannot be guessed
 * @param job that made it
 * @param position within the job, from 0
 * @param seed it was made from
 * @param width pixels
 * @param height pixels
 * @param created milliseconds since 1970
 * @param model the model's name
 * @param prompt what it shows
 * @param parameters all settings, in AUTOMATIC1111's text form
 * @param starred whether someone likes it
 */
public record StoredImage(
    long number,
    String id,
    String job,
    int position,
    long seed,
    int width,
    int height,
    long created,
    String model,
    String prompt,
    String parameters,
    boolean starred) {}
