package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.image.Mask;
import io.lssgen.image.RgbImage;
import io.lssgen.model.GoldenTensors;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.Tensors;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** What the scripts of golden runs leave, and how pictures are compared with it. */
final class PipelineGoldens {
  private static final double TOLERANCE = 1e-4; // of the largest magnitude, at least of 1

  private PipelineGoldens() {}

  /** The cases of a file below the golden resources. */
  static Stream<JsonNode> cases(String file) throws IOException {
    JsonNode cases = new ObjectMapper().readTree(TinyModels.golden(file).toFile());
    return StreamSupport.stream(cases.spliterator(), false);
  }

  /** Rounding may fall to the other side where the golden value lies in the middle. */
  static void assertPicture(byte[] found, byte[] wanted) {
    assertThat(found).hasSameSizeAs(wanted);
    for (int i = 0; i < wanted.length; i++) {
      assertThat(Math.abs((wanted[i] & 0xff) - (found[i] & 0xff))).isLessThanOrEqualTo(1);
    }
  }

  /** The request of a case of the diffusion scripts. */
  static GenerationRequest.Builder request(JsonNode wanted) {
    GenerationRequest.Builder builder =
        GenerationRequest.builder(wanted.get("prompt").asText())
            .negativePrompt(wanted.get("negative").asText())
            .size(wanted.get("width").asInt(), wanted.get("height").asInt())
            .steps(wanted.get("steps").asInt())
            .cfgScale(wanted.get("cfg_scale").asDouble())
            .guidanceRescale(wanted.path("guidance_rescale").asDouble())
            .seed(wanted.get("seed").asLong())
            .keepStageLatents(true);
    if (wanted.has("guidance")) {
      builder.guidance(wanted.get("guidance").asDouble());
    }
    if (wanted.has("clip_skip")) {
      builder.clipSkip(wanted.get("clip_skip").asInt());
    }
    wanted
        .path("loras")
        .properties()
        .forEach(
            lora ->
                builder.lora(
                    TinyModels.golden("lora/" + lora.getKey() + ".safetensors"),
                    lora.getValue().asDouble()));
    if (wanted.has("method")) {
      builder.samplingMethod(SamplingMethod.parse(wanted.get("method").asText()));
    }
    if (wanted.has("schedule")) {
      builder.sigmaSchedule(SigmaSchedule.parse(wanted.get("schedule").asText()));
    }
    return builder;
  }

  /** Latents of the same values, but for rounding. */
  static void assertClose(Latents found, Tensor wanted) {
    double largest = wanted.abs().amax(false, 0, 1, 2, 3).item();
    assertThat(GoldenTensors.maxError(found.tensor(), wanted))
        .isLessThanOrEqualTo(TOLERANCE * Math.max(1, largest));
  }

  /** Of [H, W, 3] in 8 bits. */
  static RgbImage image(Tensor values) {
    int height = Math.toIntExact(values.size(0));
    int width = Math.toIntExact(values.size(1));
    return new RgbImage(width, height, values.toByteArray());
  }

  /** One byte a pixel. */
  static Mask mask(Tensor levels) {
    return Mask.of(image(Tensors.stack(List.of(levels, levels, levels), 2)));
  }
}
