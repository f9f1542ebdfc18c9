package io.lssgen.cli;

import io.lssgen.image.ResampleKernel;
import io.lssgen.pipeline.MaskedContent;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.scenes.Placement;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import io.lssgen.server.ServerOptions;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a shell offers for options that take one of a few names: the names as they are read here,
 * where picocli would offer those of the constants. It makes them itself, one class for each type.
 */
abstract class Choices implements Iterable<String> {
  private final List<String> names;

  private Choices(Stream<String> names) {
    this.names = names.toList();
  }

  private Choices(Class<? extends Enum<?>> type) {
    this(OptionValues.names(type));
  }

  @Override
  public final Iterator<String> iterator() {
    return names.iterator();
  }

  static final class Formats extends Choices {
    Formats() {
      super(OutputFormat.class);
    }
  }

  static final class Placements extends Choices {
    Placements() {
      super(Placement.class);
    }
  }

  static final class Kernels extends Choices {
    Kernels() {
      super(ResampleKernel.class);
    }
  }

  static final class Precisions extends Choices {
    Precisions() {
      super(Precision.class);
    }
  }

  static final class Spaces extends Choices {
    Spaces() {
      super(ScalingSpace.class);
    }
  }

  static final class MaskedContents extends Choices {
    MaskedContents() {
      super(MaskedContent.class);
    }
  }

  static final class AfterCrashes extends Choices {
    AfterCrashes() {
      super(ServerOptions.AfterCrash.class);
    }
  }

  static final class SamplingMethods extends Choices {
    SamplingMethods() {
      super(Arrays.stream(SamplingMethod.values()).map(SamplingMethod::label));
    }
  }

  static final class SigmaSchedules extends Choices {
    SigmaSchedules() {
      super(Arrays.stream(SigmaSchedule.values()).map(SigmaSchedule::label));
    }
  }
}
