package io.lssgen.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Settings as AUTOMATIC1111 writes them, and this project's own. */
class RecordedRequestTest {
  private static RecordedRequest of(String settings) {
    return new RecordedRequest(
        GenerationMetadata.parseParameters("a cat\nNegative prompt: a dog\n" + settings));
  }

  @Test
  void settingsOfOtherProgramsAreRead() {
    RecordedRequest recorded =
        of(
            "Steps: 20, Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 965400086,"
                + " Size: 512x768, Model hash: 45dee52b00, Model: v1-5, Clip skip: 2,"
                + " Denoising strength: 0.6, LSSGen: start_sigma=0.5, Version: v1.10.1");
    GenerationRequest request = recorded.request().build();

    assertThat(request.prompt()).isEqualTo("a cat");
    assertThat(request.negativePrompt()).isEqualTo("a dog");
    assertThat(request.steps()).hasValue(20);
    assertThat(request.samplingMethod()).contains(SamplingMethod.DPMPP_2M);
    assertThat(request.sigmaSchedule()).contains(SigmaSchedule.KARRAS);
    assertThat(request.cfgScale()).hasValue(7);
    assertThat(request.seed()).isEqualTo(965400086);
    assertThat(request.width()).hasValue(512);
    assertThat(request.height()).hasValue(768);
    assertThat(request.clipSkip()).hasValue(2);
    assertThat(request.startSigma()).isEmpty();
    assertThat(recorded.model()).contains("v1-5");
    assertThat(recorded.weights()).contains("45dee52b00");
    assertThat(of("Steps: 2, Model: v1-5, Model hash: 45dee52b00").weights()).isEmpty();
    assertThat(recorded.strength()).hasValue(0.6);
    assertThat(recorded.hasMask()).isFalse();
    assertThat(of("Steps: 20, Denoising strength: 0.6, Mask blur: 4").hasMask()).isTrue();
    assertThat(of("Steps: 20, Denoising strength: 0.6, Mask hash: 0123456789").hasMask()).isTrue();
    String whole = "Steps: 20, Denoising strength: 1.0, LSSGen: start_sigma=0.5";
    assertThat(of(whole).request().build().startSigma()).isEmpty();
    assertThat(of(whole + ", Mask hash: 01").request().build().startSigma()).hasValue(0.5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"Hires upscale: 2", "Hires resize: 1024x1536"})
  void aSecondPassIsALaterStage(String pass) {
    RecordedRequest recorded = of("Steps: 20, Size: 512x768, Denoising strength: 0.6, " + pass);
    GenerationRequest request = recorded.request().build();
    assertThat(recorded.strength()).isEmpty();
    assertThat(request.width()).hasValue(1024);
    assertThat(request.height()).hasValue(1536);
    assertThat(request.minSize()).hasValue(512);
    assertThat(request.startSigma()).hasValue(0.6);
  }

  @Test
  void spacingsOfOtherProgramsAreRead() {
    GenerationRequest once = of("Steps: 20, Sampler: DPM++ 2M Karras, Seed: 1").request().build();
    assertThat(once.samplingMethod()).contains(SamplingMethod.DPMPP_2M);
    assertThat(once.sigmaSchedule()).contains(SigmaSchedule.KARRAS);
    String automatic = "Steps: 20, Schedule type: Automatic, Sampler: ";
    assertThat(of(automatic + "DPM++ 2M SDE").request().build().sigmaSchedule())
        .contains(SigmaSchedule.EXPONENTIAL);
    assertThat(of(automatic + "Euler").request().build().sigmaSchedule()).isEmpty();
  }

  @Test
  void oneStageForItsSizeIsNoChoice() {
    String stages = ", LSSGen: \"start_sigma=0.75; min_size=256; shorten=true; scaling=none\"";
    assertThat(of("Steps: 2, Seed: 1, Size: 256x256" + stages).request().build().scaling())
        .isEmpty();
    assertThat(of("Steps: 2, Seed: 1, Size: 512x512" + stages).request().build().scaling())
        .contains(ScalingSpace.NONE);
    assertThat(of("Steps: 2, Seed: 1, Size: 512x512" + stages).inOneStage().request().build())
        .returns(Optional.empty(), GenerationRequest::scaling)
        .returns(OptionalDouble.empty(), GenerationRequest::startSigma);
  }

  @Test
  void stagesAreRead() {
    GenerationRequest request =
        of("Steps: 28, Distilled CFG Scale: 3.5, LSSGen: \"sizes=512x512,1024x1024; steps=14,14;"
                + " start_sigma=0.6; min_size=256; shorten=false; scaling=dct\"")
            .request()
            .build();
    assertThat(request.guidance()).hasValue(3.5);
    assertThat(request.startSigma()).hasValue(0.6);
    assertThat(request.minSize()).hasValue(256);
    assertThat(request.shorten()).contains(false);
    assertThat(request.scaling()).contains(ScalingSpace.DCT);
  }

  @Test
  void lorasAreNamed() {
    assertThat(
            of("Steps: 2, Seed: 1, LoRA: \"film: grain:-0.8 (0123456789), b:1.0E-4 (aa)\"").loras())
        .containsExactly("film: grain:-0.8", "b:1.0E-4");
    String recorded = "\nSteps: 2, Seed: 1, LoRA: \"film:1.0 (aa), ink:0.5 (bb), dry:1.0 (cc)\"";
    String prompt = "a cat <lora:film> <lora: ink.safetensors :0.5>";
    assertThat(new RecordedRequest(GenerationMetadata.parseParameters(prompt + recorded)).loras())
        .containsExactly("dry:1.0");
    assertThat(of("Steps: 2, Seed: 1, Size: 8x8").loras()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"Steps: many", "Seed: 1.5", "Size: big", "Sampler: DPM fast"})
  void whatNothingHereMeansIsRefused(String setting) {
    RecordedRequest recorded = of("Steps: 2, CFG scale: 1, Model: a, " + setting);
    String value = setting.substring(setting.indexOf(' ') + 1);
    assertThatThrownBy(recorded::request)
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(value);
  }
}
