package io.lssgen.cli;

import io.lssgen.image.ImageFiles;
import io.lssgen.pipeline.ControlPicture;
import io.lssgen.pipeline.GenerationRequest;
import io.lssgen.pipeline.RecordedRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Pictures that a run follows through ControlNets or by the model itself. */
final class ControlOptions {
  @ArgGroup(exclusive = false, multiplicity = "0..*")
  private List<Control> controls = new ArrayList<>();

  /** One of them. */
  private static final class Control {
    @Option(
        names = "--control-net",
        paramLabel = "MODEL",
        description =
            "ControlNet of SD1.5 or SDXL: a folder, a file or org/name[@revision]. FLUX.1 Depth and"
                + " Canny want none. It and the next options may come several times.")
    private @Nullable Path net;

    @Option(
        names = "--control-image",
        required = true,
        paramLabel = "FILE",
        description =
            "The picture that it follows, as it was trained to read it: edges, depth, a pose."
                + " Default of width and height: its shape, with as many pixels as the model's own.")
    private Path image = Path.of("");

    @Option(
        names = "--control-strength",
        paramLabel = "S",
        description = "How much it has an effect, 0 to 10. Default: 1.")
    private @Nullable Double strength;

    @Option(
        names = "--control-start",
        paramLabel = "SHARE",
        description = "The share of the steps before which it has none. Default: 0.")
    private @Nullable Double start;

    @Option(
        names = "--control-end",
        paramLabel = "SHARE",
        description = "The share of the steps after which it has none. Default: 1.")
    private @Nullable Double end;
  }

  /** How many there are. */
  int count() {
    return controls.size();
  }

  /**
   * Reads what is named into a request.
   *
   * @param recorded tells what is not named, for as many as there are
   * @param finder where a ControlNet is that was named
   */
  void apply(
      GenerationRequest.Builder builder,
      List<RecordedRequest.Followed> recorded,
      UnaryOperator<Path> finder) {
    for (int i = 0; i < controls.size(); i++) {
      Control each = controls.get(i);
      RecordedRequest.Followed usual =
          i < recorded.size() ? recorded.get(i) : RecordedRequest.Followed.USUAL;
      builder.control(
          new ControlPicture(
              Optional.ofNullable(each.net).map(finder),
              ImageFiles.readUpright(each.image),
              or(each.strength, usual.strength()),
              or(each.start, usual.start()),
              or(each.end, usual.end())));
    }
  }

  private static double or(@Nullable Double named, double absent) {
    return named == null ? absent : named;
  }
}
