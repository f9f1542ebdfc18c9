package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Options whose values have names of their own, and more than one. */
final class NameConverters {
  private NameConverters() {}

  private static <T> T converted(Function<String, T> parse, String name) {
    try {
      return parse.apply(name);
    } catch (UsageException e) {
      throw new TypeConversionException(e.getMessage()); // picocli names the option
    }
  }

  /** See {@link SamplingMethod#parse}. */
  static final class Method implements ITypeConverter<SamplingMethod> {
    @Override
    public SamplingMethod convert(String name) {
      return converted(SamplingMethod::parse, name);
    }
  }

  /** See {@link SigmaSchedule#parse}. */
  static final class Schedule implements ITypeConverter<SigmaSchedule> {
    @Override
    public SigmaSchedule convert(String name) {
      return converted(SigmaSchedule::parse, name);
    }
  }
}
