package io.lssgen.cli;

import io.lssgen.hub.HubSettings;
import io.lssgen.hub.ModelHub;
import io.lssgen.hub.WantedWeights;
import io.lssgen.pipeline.EmbeddedModel;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where models come from: this build, folders, the Hugging Face cache, or its hub. */
final class ModelSource {
  @Option(
      names = "--offline",
      description =
          "Fetch nothing: of models named org/name, use what the Hugging Face cache has. As"
              + " HF_HUB_OFFLINE=1.")
  private boolean offline;

  private @Nullable HubSettings settings;

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
      return new ModelHub(hub.offline(offline || hub.offline()))
          .wanting(wanted)
          .folder(text, display);
    }
  }
}
