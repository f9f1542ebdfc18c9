package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import io.lssgen.image.ResampleKernel;
import io.lssgen.pipeline.MaskedContent;
import io.lssgen.scaling.ScalingSpace;
import io.lssgen.scenes.Placement;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.schedule.SigmaSchedule;
import io.lssgen.server.ServerOptions;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * How values of options are read: names as the help has them, in any case, and numbers. What cannot
 * be read is reported as wanted and found; picocli says before it which option it is.
 */
final class OptionValues {
  private OptionValues() {}

  /** Makes a command and its sub-commands read values so. */
  static CommandLine register(CommandLine command) {
    registerNames(command, OutputFormat.class);
    registerNames(command, Placement.class);
    registerNames(command, ResampleKernel.class);
    registerNames(command, Precision.class);
    registerNames(command, ScalingSpace.class);
    registerNames(command, MaskedContent.class);
    registerNames(command, ServerOptions.AfterCrash.class);
    String whole = "a whole number up to ";
    return command
        .registerConverter(SamplingMethod.class, named(SamplingMethod::parse))
        .registerConverter(SigmaSchedule.class, named(SigmaSchedule::parse))
        .registerConverter(Boolean.class, OptionValues::flag)
        .registerConverter(boolean.class, OptionValues::flag)
        .registerConverter(Integer.class, number(whole + Integer.MAX_VALUE, Integer::valueOf))
        .registerConverter(int.class, number(whole + Integer.MAX_VALUE, Integer::valueOf))
        .registerConverter(Long.class, number(whole + Long.MAX_VALUE, Long::valueOf))
        .registerConverter(long.class, number(whole + Long.MAX_VALUE, Long::valueOf))
        .registerConverter(Double.class, number("a number", Double::valueOf))
        .registerConverter(double.class, number("a number", Double::valueOf));
  }

  private static <E extends Enum<E>> void registerNames(CommandLine command, Class<E> type) {
    command.registerConverter(type, text -> constant(type, text));
  }

  private static <E extends Enum<E>> E constant(Class<E> type, String text) {
    return Arrays.stream(type.getEnumConstants())
        .filter(each -> each.name().equalsIgnoreCase(text))
        .findAny()
        .orElseThrow(() -> wanted("one of " + names(type).collect(Collectors.joining(", ")), text));
  }

  /** What the constants of a type are called here. */
  static Stream<String> names(Class<? extends Enum<?>> type) {
    return Arrays.stream(type.getEnumConstants()).map(each -> each.name().toLowerCase(Locale.ROOT));
  }

  /** For names with aliases, whose type reads them itself. */
  private static <T> ITypeConverter<T> named(Function<String, T> parse) {
    return text -> {
      try {
        return parse.apply(text);
      } catch (UsageException e) {
        throw new TypeConversionException(e.getMessage());
      }
    };
  }

  private static Boolean flag(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> throw wanted("true or false", text);
    };
  }

  private static <T> ITypeConverter<T> number(String wanted, Function<String, T> parse) {
    return text -> {
      try {
        return parse.apply(text);
      } catch (NumberFormatException e) {
        throw wanted(wanted, text);
      }
    };
  }

  private static TypeConversionException wanted(String wanted, String found) {
    return new TypeConversionException("wanted %s, found '%s'".formatted(wanted, found));
  }
}
