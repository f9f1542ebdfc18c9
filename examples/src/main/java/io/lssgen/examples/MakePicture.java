package io.lssgen.examples;

import io.lssgen.LssGen;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.GenerationResult;
import io.lssgen.pipeline.TextToImage;
import java.nio.file.Path;

/** A prompt becomes a picture: the least there is to write. */
public final class MakePicture {
  private MakePicture() {}

  /**
   * @param arguments the prompt, the PNG file to write, and a model folder in the diffusers layout;
   *     without the folder the model that comes with the library is used
   */
  public static void main(String[] arguments) {
    String prompt = arguments[0];
    Path file = Path.of(arguments[1]);

    try (TextToImage model =
        arguments.length > 2 ? LssGen.open(Path.of(arguments[2])) : LssGen.embedded()) {
      GenerationResult result = model.generate(GenerationRequest.of(prompt));

      result.write(0, file); // with its settings; a file that is there already stays
      System.out.println(file + ", seed " + result.seeds().get(0));
      result.warnings().forEach(System.out::println);
    }
  }
}
