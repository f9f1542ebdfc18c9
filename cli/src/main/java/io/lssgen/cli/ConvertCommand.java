package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.weights.ModelConverter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Copies a model folder with its weights in another type. */
@Command(
    name = "convert",
    description = "Copies a model folder with its weights in another type, for instance bf16.",
    mixinStandardHelpOptions = true)
final class ConvertCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      index = "0",
      paramLabel = "MODEL",
      description = "the model to read: a folder, or org/name[@revision] on the Hugging Face hub")
  private Path named;

  @Mixin private ModelSource source = new ModelSource();

  @Parameters(index = "1", paramLabel = "FOLDER", description = "the folder to write; new or empty")
  private Path target;

  @Option(
      names = "--dtype",
      required = true,
      paramLabel = "fp32|bf16|fp16",
      description = "type of the written weights")
  private String dtype;

  @Override
  public Integer call() {
    DType wanted = type();
    Path model = source.find(named, spec.commandLine().getErr(), OutputFormat.HUMAN);
    ModelConverter.convert(model, target, wanted);
    return ExitCode.OK;
  }

  private DType type() {
    try {
      DType type = DType.parse(dtype);
      if (type.isFloating()) {
        return type;
      }
    } catch (IllegalArgumentException e) {
      // Told below, like a type that is no floating-point one.
    }
    throw new UsageException("--dtype wants fp32, bf16 or fp16, found " + dtype);
  }
}
