package io.lssgen.cli;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.UsageException;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.server.Limits;
import io.lssgen.server.LssGenServer;
import io.lssgen.server.ServedModels;
import io.lssgen.server.ServerOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes pictures for clients over HTTP. */
@Command(
    name = "serve",
    description = "Makes pictures for clients of the OpenAI and AUTOMATIC1111 APIs.",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    abbreviateSynopsis = true)
final class ServeCommand implements Callable<Integer> {
  private static final String KEY_VARIABLE = "LSSGEN_API_KEY";
  private static final String USUAL_DATA = ".local/share/lssgen";

  @Spec private CommandSpec spec;

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Address to listen on. Default: ${DEFAULT-VALUE}; any other wants a key.")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "Port to listen on; 0 for any. Default: 7860.")
  private int port = ServerOptions.DEFAULT_PORT;

  @Option(
      names = "--api-key",
      paramLabel = "KEY",
      description =
          "What clients must send as bearer token. Others see it in the list of processes: rather use"
              + " --api-key-file or the variable LSSGEN_API_KEY.")
  private @Nullable String apiKey;

  @Option(
      names = "--api-key-file",
      paramLabel = "FILE",
      description = "File whose first line is the key.")
  private @Nullable Path apiKeyFile;

  @Option(
      names = "--allow-host",
      paramLabel = "NAME",
      description = "A name that clients may ask for the server by, beside localhost; repeatable.")
  private List<String> hosts = new ArrayList<>();

  @Option(
      names = {"-m", "--model", "--diffusion-model"},
      paramLabel = "MODEL",
      description =
          "Model: a folder, a file, org/name[@revision] on the Hugging Face hub, or one that comes"
              + " along by its name; repeatable, the first is the default. Default: emoji-flux.")
  private List<Path> models = new ArrayList<>();

  @Mixin private LoadingOptions loading = new LoadingOptions();

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description = "Folder of jobs and pictures. Default: ~/" + USUAL_DATA + ".")
  private @Nullable Path data;

  @Option(
      names = "--lazy",
      description = "Load the model when the first request needs it, not at the start.")
  private boolean lazy;

  @Option(
      names = "--after-crash",
      completionCandidates = Choices.AfterCrashes.class,
      paramLabel = "WHAT",
      defaultValue = "requeue",
      description = "Jobs that ran when the server died: requeue (default) or fail.")
  private ServerOptions.AfterCrash afterCrash = ServerOptions.AfterCrash.REQUEUE;

  @Option(names = "--queue", paramLabel = "N", description = "Jobs that may wait. Default: 100.")
  private int queue = Limits.usual().queue();

  @Option(
      names = "--per-client",
      paramLabel = "N",
      description = "Jobs of one network address that may wait or run. Default: 16.")
  private int perClient = Limits.usual().perClient();

  @Option(
      names = "--max-pixels",
      paramLabel = "N",
      description = "Width times height of the largest picture. Default: 4194304.")
  private long pixels = Limits.usual().pixels();

  @Option(
      names = "--control-net-dir",
      paramLabel = "DIR",
      description =
          "Folder of the ControlNets that requests may name: files, and folders in the diffusers"
              + " layout.")
  private @Nullable Path controlNets;

  @Option(
      names = "--drain",
      paramLabel = "SECONDS",
      description =
          "How long a running job may go on when the server is asked to stop. Default: 120.")
  private long drain = 120;

  @Mixin private ThreadsOption threads = new ThreadsOption();

  @Override
  public Integer call() throws InterruptedException {
    ServerOptions options = options();
    threads.apply();
    LssGenServer server = LssGenServer.start(options);
    CountDownLatch stopped = new CountDownLatch(1);
    Thread hook = new Thread(() -> stop(server, stopped), "lssgen-stop");
    Runtime.getRuntime().addShutdownHook(hook);
    say("listening on " + server.address());
    try {
      say("ready with the model " + server.ready().join());
    } catch (CompletionException e) {
      server.close();
      throw e.getCause() instanceof RuntimeException failure ? failure : e;
    }
    stopped.await(); // the hook ends the process
    return ExitCode.OK;
  }

  private void stop(LssGenServer server, CountDownLatch stopped) {
    say("stopping: finishing the job under way");
    server.close();
    stopped.countDown();
  }

  private void say(String text) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("lssgen: " + ErrorReport.oneLine(text));
    err.flush();
  }

  /** What was asked for, checked as far as that goes without a socket. */
  ServerOptions options() {
    if (drain < 0) {
      throw new UsageException("--drain must be at least 0 seconds, found " + drain);
    }
    return new ServerOptions(
        host,
        port,
        key(),
        new HashSet<>(hosts),
        served(),
        data == null ? Path.of(System.getProperty("user.home"), USUAL_DATA) : data,
        Limits.usual().withQueue(queue, perClient).withPixels(pixels),
        afterCrash,
        Duration.ofSeconds(30),
        Duration.ofSeconds(drain));
  }

  private ServedModels served() {
    if (models.size() > 1 && loading.arePartsNamed()) {
      throw new UsageException(
          "parts and an upsampler from elsewhere are for one model, found %d models; serve one, or keep parts in the models' folders"
              .formatted(models.size()));
    }
    PrintWriter err = spec.commandLine().getErr();
    List<Path> found =
        models.isEmpty()
            ? List.of(EmbeddedModel.folder())
            : models.stream().map(model -> loading.find(model, err, OutputFormat.HUMAN)).toList();
    loading.findParts(() -> found.get(0), err, OutputFormat.HUMAN);
    return new ServedModels(
        found, loading::loader, loading.loraFolder(), Optional.ofNullable(controlNets), !lazy);
  }

  private Optional<String> key() {
    if (apiKey != null && apiKeyFile != null) {
      throw new UsageException(
          "the key is given twice, with --api-key and --api-key-file; drop one");
    }
    if (apiKeyFile == null) {
      String given = apiKey != null ? apiKey : System.getenv(KEY_VARIABLE);
      return Optional.ofNullable(given).filter(key -> !key.isEmpty());
    }
    try (var lines = Files.lines(apiKeyFile)) {
      return Optional.of(lines.findFirst().orElse("").strip());
    } catch (IOException e) {
      throw unreadable(apiKeyFile, IoReason.of(e));
    } catch (UncheckedIOException e) {
      throw unreadable(apiKeyFile, IoReason.of(e));
    }
  }

  private static UsageException unreadable(Path file, String reason) {
    return new UsageException("cannot read the key file %s: %s".formatted(file, reason));
  }
}
