package io.lssgen.cli;

import io.lssgen.hub.HubSettings;
import io.lssgen.hub.ModelHub;
import io.lssgen.hub.WantedWeights;
import io.lssgen.pipeline.EmbeddedModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Where models come from: this build, folders, the Hugging Face cache, or its hub. */
final class ModelSource {
  @ArgGroup private Asking asking = new Asking();

  private @Nullable HubSettings settings;

  /** Whether the hub is asked; else only for what its cache lacks. */
  private static final class Asking {
    @Option(
        names = "--offline",
        description =
            "Fetch nothing: of models named org/name, use what the Hugging Face cache has. As"
                + " HF_HUB_OFFLINE=1.")
    private boolean never;

    @Option(
        names = "--refresh",
        description =
            "Of models named org/name, ask the hub whether the branch has moved and fetch what"
                + " changed; else a model that is whole in the cache stays as it is.")
    private boolean always;
  }

  /** Uses another hub and cache than the environment names. */
  void settings(HubSettings value) {
    settings = value;
  }

  /**
   * The folder of a model, which is fetched if it is on the hub alone.
   *
   * @param named a path, the name of a model that comes along, or {@code org/name[@revision]};
   *     options take names as paths too, so that shells complete them
   * @param err where a download's progress is shown, if that is a terminal
   */
  Path find(Path named, PrintWriter err, OutputFormat format) {
    return find(named, WantedWeights.ALL, err, format);
  }

  /** As {@link #find(Path, PrintWriter, OutputFormat)}, for other weights than all plain ones. */
  Path find(Path named, WantedWeights wanted, PrintWriter err, OutputFormat format) {
    Optional<Path> comesAlong = EmbeddedModel.named(named.toString());
    if (comesAlong.isPresent()) {
      return comesAlong.get();
    }
    HubSettings hub = settings == null ? HubSettings.ofEnvironment() : settings;
    boolean shown = format != OutputFormat.QUIET && hub.progress() && Terminal.showsErrors();
    String text = named.toString().replace(named.getFileSystem().getSeparator(), "/");
    try (DownloadDisplay display = new DownloadDisplay(err, shown)) {
      ModelHub asked = new ModelHub(hub.offline(asking.never || hub.offline())).wanting(wanted);
      return (asking.always ? asked.refreshing() : asked).folder(text, display);
    }
  }
}
