package io.lssgen.server;

import io.lssgen.errors.UsageException;

/**
 * What clients may ask for. All of it is checked before anything is computed or allocated.
 *
 * @param queue jobs that may wait
 * @param perClient jobs of one network address that may wait or run at once
 * @param pixels width times height of a picture
 * @param steps evaluations that a run without scaling has
 * @param images pictures of one job
 * @param prompt characters of a prompt
 * @param listeners event streams that may be open at once
 */
public record Limits(
    int queue, int perClient, long pixels, int steps, int images, int prompt, int listeners) {

  public Limits {
    if (Math.min(Math.min(queue, perClient), Math.min(steps, images)) < 1 || pixels < 1) {
      throw new UsageException(
          "limits of the server must be at least 1, found queue %d, per client %d, pixels %d, steps %d, images %d"
              .formatted(queue, perClient, pixels, steps, images));
    }
  }

  /** For one machine and its people: 100 waiting jobs, 2048×2048 pixels, 10 pictures. */
  public static Limits usual() {
    return new Limits(100, 16, 2048L * 2048L, 200, 10, 10_000, 64);
  }

  public Limits withQueue(int waiting, int ofOneClient) {
    return new Limits(waiting, ofOneClient, pixels, steps, images, prompt, listeners);
  }

  /** For requests that no stranger sends. */
  public Limits withPictures(int ofSteps, int ofImages, int ofPrompt) {
    return new Limits(queue, perClient, pixels, ofSteps, ofImages, ofPrompt, listeners);
  }

  public Limits withPixels(long value) {
    return new Limits(queue, perClient, value, steps, images, prompt, listeners);
  }
}
