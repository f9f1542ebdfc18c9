package io.lssgen.examples;

import io.lssgen.LssGen;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.pipeline.GenerationListener;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.GenerationResult;
import io.lssgen.pipeline.TextToImage;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.Stage;
import io.lssgen.tensor.Tensor;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/** The same prompt and seed with latent space scaling and without, and what it saves. */
public final class CompareWithPlain {
  private CompareWithPlain() {}

  /** Prints every step. */
  private static final class Steps implements GenerationListener {
    @Override
    public void stepDone(Stage stage, int step, Supplier<Tensor> clean) {
      System.out.printf(
          "stage %d, %dx%d: step %d of %d%n",
          stage.index(), stage.width(), stage.height(), step, stage.steps());
    }
  }

  /**
   * @param arguments the prompt, the folder for {@code scaled.png} and {@code plain.png}, and a
   *     model folder in the diffusers layout; without it the model that comes with the library
   */
  public static void main(String[] arguments) {
    Path output = Path.of(arguments[1]);
    GenerationRequest.Builder request = GenerationRequest.builder(arguments[0]).seed(7);

    try (TextToImage model =
        arguments.length > 2 ? LssGen.open(Path.of(arguments[2])) : LssGen.embedded()) {
      GenerationResult scaled = run(model, request.build(), output.resolve("scaled.png"));
      GenerationResult plain = run(model, request.plain(true).build(), output.resolve("plain.png"));

      System.out.printf(
          Locale.ROOT,
          "%.2f s with %d stages, %.2f s with one: %.2f times as fast%n",
          scaled.times().total(),
          scaled.plan().stages().size(),
          plain.times().total(),
          plain.times().total() / scaled.times().total());
    }
  }

  private static GenerationResult run(TextToImage model, GenerationRequest request, Path file) {
    GenerationResult result = model.generate(request, new Steps(), new Cancellation());
    result.write(0, file, IfExists.REPLACE);
    return result;
  }
}
