package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.hub.HubSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/** Models by their names on the hub, as every command takes them. */
class HubModelCommandTest {
  private static final String COMMIT = "1".repeat(40);
  private static final String NAME = "lssgen/tiny";

  @TempDir Path folder;
  private Path cache;
  private Path snapshot;

  /** A cache as it is where there are no symbolic links. */
  @BeforeEach
  void createCache() throws IOException {
    cache = folder.resolve("hub");
    Path repository = cache.resolve("models--lssgen--tiny");
    snapshot = TinyModel.create(repository.resolve("snapshots").resolve(COMMIT));
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), COMMIT);
  }

  /** Nobody is at the endpoint: whoever asks it fails. */
  private CommandRun run(Object... arguments) {
    HubSettings settings =
        new HubSettings(
            cache, URI.create("http://hub.invalid"), Optional.empty(), false, true, true);
    CommandLine command = LssGenCommand.commandLine();
    command.getSubcommands().values().forEach(each -> use(each.getCommandSpec(), settings));
    return CommandRun.of(command, arguments);
  }

  private static void use(CommandSpec spec, HubSettings settings) {
    if (spec.userObject() instanceof ModelSource source) {
      source.settings(settings);
    }
    spec.mixins().values().forEach(mixin -> use(mixin, settings));
    spec.subcommands().values().forEach(each -> use(each.getCommandSpec(), settings));
  }

  @Test
  void generateTakesAModelOfTheCache() throws IOException {
    Path picture = folder.resolve("a.png");
    for (String name : new String[] {NAME, NAME + "@" + COMMIT}) {
      CommandRun run =
          run("generate", "a", "-m", name, "-o", picture, "--overwrite", "--format", "json");
      assertThat(run.err()).isEmpty();
      assertThat(run.code()).isEqualTo(ExitCode.OK);
      assertThat(new ObjectMapper().readTree(run.out()).isObject()).isTrue();
    }
    assertThat(picture).isNotEmptyFile();
  }

  @Test
  void inspectAndConvertTakeOneToo() {
    CommandRun inspect = run("inspect", NAME, "--offline");
    assertThat(inspect.code()).isEqualTo(ExitCode.OK);
    assertThat(inspect.out()).contains(snapshot.toString(), "FLUX.1");

    Path target = folder.resolve("half");
    assertThat(run("convert", NAME, target, "--dtype", "bf16").code()).isEqualTo(ExitCode.OK);
    assertThat(target.resolve("model_index.json")).isRegularFile();
  }

  @Test
  void modelThatIsHalfDownloadedIsToldOffline() throws IOException {
    Files.delete(snapshot.resolve("vae/diffusion_pytorch_model.safetensors"));
    CommandRun run = run("generate", "a", "-m", NAME, "--offline", "--format", "json");

    assertThat(run.code()).isEqualTo(ExitCode.MODEL);
    assertThat(run.out()).isEmpty();
    assertThat(run.err())
        .matches(
            "lssgen: lssgen/tiny is half downloaded: \\V*1 missing: vae/\\*.safetensors\\V*\\R");
  }

  @Test
  void variantIsLookedForInTheCache() throws IOException {
    String ending = ".safetensors";
    List<Path> weights;
    try (Stream<Path> files = Files.walk(snapshot)) {
      weights = files.filter(file -> file.toString().endsWith(ending)).toList();
    }
    for (Path file : weights) {
      if (!file.startsWith(snapshot.resolve("upsampler"))) {
        String name = file.getFileName().toString();
        Files.copy(file, file.resolveSibling(name.replace(ending, ".fp16" + ending)));
        Files.move(file, file.resolveSibling(name.replace(ending, ".bf16" + ending)));
      }
    }
    Path picture = folder.resolve("a.png");
    CommandRun run = run("generate", "a", "-m", NAME, "--variant", "fp16", "-o", picture);
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    assertThat(picture).isNotEmptyFile();

    CommandRun other = run("generate", "a", "-m", NAME, "--variant", "q8", "--offline");
    assertThat(other.code()).isEqualTo(ExitCode.MODEL);
    assertThat(other.err()).contains("half downloaded", "*.q8.safetensors (there is");
  }

  /** Puts a folder into the cache as a whole repository. */
  private Path cached(String repository, Path source) throws IOException {
    Path place = cache.resolve("models--lssgen--" + repository);
    Path commit = place.resolve("snapshots").resolve(COMMIT);
    TinyModel.copy(source, Files.createDirectories(commit));
    Files.createDirectories(place.resolve("refs"));
    Files.writeString(place.resolve("refs/main"), COMMIT);
    return commit;
  }

  @ParameterizedTest
  @ValueSource(strings = {"lssgen/vae", "lssgen/pipeline"})
  void partsAreTakenByTheirNamesToo(String vae) throws IOException {
    Path base = folder.resolve("sdxl");
    Path goldens = TinyModel.GOLDEN.resolve("diffusion-tiny");
    TinyModel.copy(goldens.resolve("sd"), base);
    TinyModel.copy(goldens.resolve("sd/tokenizer"), base.resolve("tokenizer_2"));
    TinyModel.copy(goldens.resolve("sdxl"), base);
    cached("lcm-unet", goldens.resolve("lcm/unet"));
    cached("vae", base.resolve("vae"));
    Path pipeline = cached("pipeline", base);
    Files.delete(pipeline.resolve("unet/diffusion_pytorch_model.safetensors")); // not needed of it
    Path picture = folder.resolve("a.png");

    CommandRun run =
        run(
            "generate",
            "a",
            "-m",
            base,
            "--unet",
            "lssgen/lcm-unet",
            "--vae",
            vae,
            "-W",
            64,
            "-H",
            64,
            "--steps",
            1,
            "--plain",
            "-o",
            picture);
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
    assertThat(Files.readString(picture, StandardCharsets.ISO_8859_1)).contains("Sampler: LCM");

    CommandRun other = run("generate", "a", "-m", base, "--unet", "lssgen/other", "--offline");
    assertThat(other.code()).isEqualTo(ExitCode.MODEL);
    assertThat(other.err()).contains("no such model in the cache");
  }

  @Test
  void componentsOfAFileAreThoseThatItLacks() throws IOException {
    TinyModel.unpackSingleFiles(folder);
    for (String here : List.of("transformer", "vae")) {
      Files.delete(snapshot.resolve(here).resolve("diffusion_pytorch_model.safetensors"));
    }
    Path flux = folder.resolve("flux.safetensors");
    CommandRun run =
        run(
            "generate",
            "a",
            "-m",
            flux,
            "--components",
            NAME,
            "-W",
            64,
            "-H",
            64,
            "--steps",
            1,
            "--plain",
            "-o",
            folder.resolve("a.png"));
    assertThat(run.code()).as(run.err()).isEqualTo(ExitCode.OK);
  }

  @Test
  void refreshAsksTheHubAndGoesNotWithOffline() {
    CommandRun online = run("inspect", NAME, "--refresh");
    assertThat(online.code()).isEqualTo(ExitCode.FAILURE);
    assertThat(online.err()).contains("no connection to hub.invalid");
    assertThat(run("inspect", NAME).code()).isEqualTo(ExitCode.OK);

    CommandRun both = run("generate", "a", "--refresh", "--offline");
    assertThat(both.code()).isEqualTo(ExitCode.USAGE);
    assertThat(both.err()).contains("--offline", "--refresh");
  }

  @Test
  void modelThatIsNeitherHereNorInTheCache() {
    CommandRun offline = run("inspect", "lssgen/other", "--offline");
    assertThat(offline.code()).isEqualTo(ExitCode.MODEL);
    assertThat(offline.err())
        .matches("lssgen: there is no folder lssgen/other, and no such model in the cache \\V*\\R");

    CommandRun online = run("generate", "a", "-m", "lssgen/other", "-o", folder.resolve("b.png"));
    assertThat(online.code()).isEqualTo(ExitCode.FAILURE);
    assertThat(online.err())
        .matches("lssgen: lssgen/other \\V*no connection to hub.invalid\\V*\\R");

    CommandRun path = run("generate", "a", "-m", "./" + NAME, "-o", folder.resolve("b.png"));
    assertThat(path.code()).isEqualTo(ExitCode.MODEL);
    assertThat(path.err()).startsWith("lssgen: there is no model at ./lssgen/tiny;");
    assertThat(run("inspect", "lssgen/other@a..b").code()).isEqualTo(ExitCode.USAGE);
  }

  @Test
  void progressIsABarOfBytes() {
    StringWriter text = new StringWriter();
    try (DownloadDisplay display = new DownloadDisplay(new PrintWriter(text), true)) {
      display.received("vae/config.json", 1 << 20, 4 << 20);
      display.received("unet/config.json", 4 << 20, 4 << 20);
    }
    assertThat(text.toString()).contains("fetching", "4/4 MiB", "100%");

    StringWriter none = new StringWriter();
    try (DownloadDisplay display = new DownloadDisplay(new PrintWriter(none), false)) {
      display.received("vae/config.json", 1, 2);
    }
    assertThat(none.toString()).isEmpty();
  }

  @Test
  void environmentNamesTheCache() {
    assertThat(run("env").out()).containsPattern("(?m)^hub cache +\\S+");
  }
}
