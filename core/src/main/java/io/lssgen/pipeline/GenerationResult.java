package io.lssgen.pipeline;

import io.lssgen.image.RgbImage;
import io.lssgen.sampling.StagePlan;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a request gave.
 *
 * @param images in the order of their seeds; fewer than wanted if the run was asked to stop
 * @param plan the stages that each of them went through
 * @param seeds of {@code images}, one each
 * @param stageLatents the clean latents of each stage, [images, C, h, w]; empty unless the request
 *     asked for them
 * @param times where the time went
 * @param peakMemoryBytes the most memory this process ever held; empty where the system does not
 *     tell
 * @param warnings what the user should know about the request, a sentence each; mostly empty
 */
public record GenerationResult(
    List<RgbImage> images,
    StagePlan plan,
    List<Long> seeds,
    List<Latents> stageLatents,
    GenerationTimes times,
    OptionalLong peakMemoryBytes,
    List<String> warnings) {
  public GenerationResult {
    images = List.copyOf(images);
    seeds = List.copyOf(seeds);
    stageLatents = List.copyOf(stageLatents);
    warnings = List.copyOf(warnings);
  }
}
