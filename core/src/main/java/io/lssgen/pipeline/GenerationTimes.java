package io.lssgen.pipeline;

import java.util.List;

/**
 * Where a request's time went, in seconds, all pictures together.
 *
 * @param total from the request to its result
 * @param text encoding the prompts, and loading the text encoders when that was due
 * @param denoise for each stage
 * @param scale between the stages: scaling and adding noise
 * @param decode latents to pixels
 */
public record GenerationTimes(
    double total, double text, List<Double> denoise, double scale, double decode) {
  public GenerationTimes {
    denoise = List.copyOf(denoise);
  }
}
