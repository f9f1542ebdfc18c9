package io.lssgen.errors;

import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Values that users choose by name. */
public final class Choice {
  private Choice() {}

  /**
   * The value of this name.
   *
   * @param kind what the values are, for the message
   * @param wanted a name as a user gave it
   * @param values all there are
   * @param label the name of one
   * @throws UsageException if there is none, which lists their names
   */
  public static <T> T of(String kind, String wanted, T[] values, Function<T, String> label) {
    return of(kind, wanted, values, label, value -> label.apply(value).equals(wanted));
  }

  /**
   * The value of this name, or of another name for it.
   *
   * @param isMeant whether a user who says {@code wanted} means this one
   */
  public static <T> T of(
      String kind, String wanted, T[] values, Function<T, String> label, Predicate<T> isMeant) {
    Optional<T> found = Arrays.stream(values).filter(isMeant).findFirst();
    return found.orElseThrow(
        () ->
            new UsageException(
                "unknown %s '%s', wanted one of %s"
                    .formatted(
                        kind,
                        wanted,
                        Arrays.stream(values).map(label).collect(Collectors.joining(", ")))));
  }
}
