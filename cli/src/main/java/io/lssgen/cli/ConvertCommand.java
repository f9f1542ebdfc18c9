package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.tensor.DType;
import io.lssgen.weights.ModelConverter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Copies a model folder with its weights in another type. */
@Command(
    name = "convert",
    description = "Copies a model folder with its weights in another type, for instance bf16.",
    mixinStandardHelpOptions = true)
final class ConvertCommand implements Callable<Integer> {
  @Parameters(index = "0", paramLabel = "MODEL", description = "the model folder to read")
  private Path source;

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
    ModelConverter.convert(source, target, type());
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
