package io.lssgen.pipeline;

import io.lssgen.tensor.TorchRuntime;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A tiny model that is open during a class's tests, and a request in two stages. */
abstract class TinyPipeline {
  static final String PROMPT = "a red apple left of a blue book";

  @TempDir static Path folder;

  static Path modelFolder;
  static TextToImage model;

  @BeforeAll
  static void open() {
    TorchRuntime.threads(1); // tiny tensors: more threads only wait for each other
    modelFolder = TinyModels.create(folder.resolve("dev"), "dev");
    model = PipelineLoader.of(modelFolder).load();
  }

  @AfterAll
  static void close() {
    model.close();
  }

  static GenerationRequest.Builder staged() {
    return GenerationRequest.builder(PROMPT).size(64, 64).minSize(32).steps(4).shorten(false);
  }
}
