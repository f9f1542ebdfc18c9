package io.lssgen.cli;

import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.image.AiDisclosure;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.PngText;
import io.lssgen.image.PngWriter;
import io.lssgen.image.RgbImage;
import io.lssgen.pipeline.GenerationListener;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.Stage;
import io.lssgen.sampling.StagePlan;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes each picture as soon as it is done, with how it was made in its file. */
final class PictureFiles implements GenerationListener {
  private final OutputNames names;
  private final TextToImage pipeline;
  private final GenerationRequest request;
  private final List<Path> written = new ArrayList<>();
  private @Nullable StagePlan plan;

  PictureFiles(OutputNames names, TextToImage pipeline, GenerationRequest request) {
    this.names = names;
    this.pipeline = pipeline;
    this.request = request;
  }

  /** The files so far, in the order of the pictures. */
  List<Path> written() {
    return List.copyOf(written);
  }

  @Override
  public void imageStarted(int index, long seed, StagePlan runPlan) {
    plan = runPlan;
  }

  @Override
  public void imageDone(int index, long seed, RgbImage image) {
    List<PngText> texts = new ArrayList<>(metadata(seed, image).toPngTexts());
    texts.add(AiDisclosure.toPngText());
    Path file = names.next();
    PngWriter.write(file, image, texts, names.overwrites() ? IfExists.REPLACE : IfExists.REFUSE);
    written.add(file);
  }

  private GenerationMetadata metadata(long seed, RgbImage image) {
    StagePlan made = Objects.requireNonNull(plan, "no picture was begun");
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("Steps", Integer.toString(made.requestedSteps()));
    settings.put("Sampler", "Euler");
    settings.put("Schedule type", "Simple");
    settings.put("CFG scale", number(pipeline.cfgScale(request)));
    pipeline
        .guidance(request)
        .ifPresent(scale -> settings.put("Distilled CFG Scale", number(scale)));
    settings.put("Seed", Long.toString(seed));
    settings.put("Size", image.width() + "x" + image.height());
    settings.put("Model hash", pipeline.weightsFingerprint());
    settings.put("Model", pipeline.defaults().name());
    settings.put("LSSGen", scaling(made));
    settings.put("Version", "lssgen " + Version.number());
    return new GenerationMetadata(
        request.prompt(), request.negativePrompt(), settings, environment());
  }

  /**
   * {@code sizes=512x512,1024x1024; steps=14,14; start_sigma=0.75; shorten=true; scaling=neural}.
   */
  private String scaling(StagePlan made) {
    return "sizes=%s; steps=%s; start_sigma=%s; min_size=%d; shorten=%s; scaling=%s"
        .formatted(
            made.stages().stream()
                .map(stage -> stage.width() + "x" + stage.height())
                .collect(Collectors.joining(",")),
            made.stages().stream()
                .map(Stage::steps)
                .map(String::valueOf)
                .collect(Collectors.joining(",")),
            number(made.options().startSigma()),
            made.options().minSize(),
            made.options().shorten(),
            made.stages().size() == 1 ? "none" : pipeline.scaling(request).label());
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new LinkedHashMap<>(Machine.environment());
    environment.put("dtype", pipeline.dtype().label());
    return environment;
  }

  private static String number(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%.1f", value)
        : Double.toString(value);
  }
}
