package io.lssgen.pipeline;

import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.RgbImage;
import io.lssgen.sampling.StagePlan;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a request gave.
 *
 * <pre>{@code
 * result.write(0, Path.of("apple.png"));
 * }</pre>
 *
 * @param images in the order of their seeds; fewer than wanted if the run was asked to stop, none
 *     if the request does not keep them
 * @param recipe how each of them was made
 * @param seeds of the pictures that were made, one each
 * @param stageLatents the clean latents of each stage, [images, C, h, w]; empty unless the request
 *     asked for them
 * @param times where the time went
 * @param peakMemoryBytes the most memory this process ever held; empty where the system does not
 *     tell
 * @param warnings what the user should know about the request, a sentence each; mostly empty
 */
public record GenerationResult(
    List<RgbImage> images,
    Recipe recipe,
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

  /** The stages that each picture went through. */
  public StagePlan plan() {
    return recipe.plan();
  }

  /** As {@link #write(int, Path, IfExists)}; a file that is there already stays. */
  public void write(int index, Path file) {
    write(index, file, IfExists.REFUSE);
  }

  /**
   * Writes a picture as PNG, with its settings and the statement that a model made it.
   *
   * @param index of the picture in {@link #images()}
   * @param file where to; its folder must exist
   * @throws io.lssgen.errors.UsageException when the file is there already and {@code ifExists}
   *     refuses, or its folder is not there
   * @throws io.lssgen.errors.LssGenException when it cannot be written; an older file is then
   *     unchanged
   * @throws IndexOutOfBoundsException when there is no such picture
   */
  public void write(int index, Path file, IfExists ifExists) {
    recipe.write(file, images.get(index), seeds.get(index), ifExists);
  }
}
