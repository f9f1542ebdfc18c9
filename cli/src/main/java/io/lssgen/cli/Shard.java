package io.lssgen.cli;

import io.lssgen.errors.UsageException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of a batch, for one of several processes.
 *
 * @param index from 1 to {@code count}
 * @param count of the parts
 */
record Shard(int index, int count) {
  /** All of it. */
  static final Shard WHOLE = new Shard(1, 1);

  private static final Pattern FORM = Pattern.compile("([0-9]{1,6})/([0-9]{1,6})");

  /**
   * Reads {@code 2/8}.
   *
   * @throws UsageException if it is no such thing
   */
  static Shard parse(String text) {
    Matcher matcher = FORM.matcher(text);
    if (matcher.matches()) {
      Shard shard =
          new Shard(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2)));
      if (shard.index >= 1 && shard.index <= shard.count) {
        return shard;
      }
    }
    throw new UsageException(
        "a part of the batch is named like 2/8, the second of eight, found '%s'".formatted(text));
  }

  /**
   * Whether a request belongs to it: they are dealt out in turn.
   *
   * @param position among all, from 1
   */
  boolean has(long position) {
    return (position - 1) % count == index - 1;
  }

  /** Tells its results apart from other parts'. */
  String suffix() {
    return count == 1 ? "" : "-%d-of-%d".formatted(index, count);
  }

  /** How the names of all parts' results of this count end. */
  String ending() {
    return "-of-%d.jsonl".formatted(count);
  }
}
