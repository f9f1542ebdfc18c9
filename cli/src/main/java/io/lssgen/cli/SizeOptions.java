package io.lssgen.cli;

import io.lssgen.pipeline.GenerationRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How large pictures are. */
final class SizeOptions {
  @Option(
      names = {"-W", "--width"},
      paramLabel = "PIXELS",
      description = "Width. Default: the model's.")
  private @Nullable Integer width;

  @Option(
      names = {"-H", "--height"},
      paramLabel = "PIXELS",
      description = "Height. Default: the model's.")
  private @Nullable Integer height;

  /** Hands what was named over to a request. */
  void apply(GenerationRequest.Builder builder) {
    SamplingOptions.set(width, builder::width);
    SamplingOptions.set(height, builder::height);
  }

  /** Whether both sides were named. */
  boolean isWhole() {
    return width != null && height != null;
  }
}
