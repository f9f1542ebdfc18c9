package io.lssgen.weights;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Translates the parameter names of a foreign file into ours, as a table that reads like one:
 *
 * <pre>{@code
 * KeyMap.builder()
 *     .rename("img_in.weight", "x_embedder.weight")
 *     .rename("double_blocks.{i}.img_attn.proj.*", "transformer_blocks.{i}.attn.to_out.0.*")
 *     .drop("text_model.embeddings.position_ids")
 *     .build();
 * }</pre>
 *
 * <p>{@code {i}}, with any letter, stands for a whole number; a {@code *} at the end stands for the
 * rest of the name. The first rule that fits decides; a name that none fits stays as it is.
 */
public final class KeyMap {
  private static final KeyMap IDENTITY = new KeyMap(List.of());
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z])}|\\*$");

  private final List<Rule> rules;

  private KeyMap(List<Rule> rules) {
    this.rules = List.copyOf(rules);
  }

  /** The table without rules: every name stays as it is. */
  public static KeyMap identity() {
    return IDENTITY;
  }

  /** Begins a table. */
  public static Builder builder() {
    return new Builder();
  }

  /** Our name for {@code foreign}; empty when the table drops it. */
  public Optional<String> translate(String foreign) {
    for (Rule rule : rules) {
      Matcher matcher = rule.foreign.matcher(foreign);
      if (matcher.matches()) {
        return rule.ours.map(pattern -> fill(pattern, matcher));
      }
    }
    return Optional.of(foreign);
  }

  private static String fill(String pattern, Matcher values) {
    return PLACEHOLDER
        .matcher(pattern)
        .replaceAll(found -> Matcher.quoteReplacement(values.group(group(found.group(1)))));
  }

  private static String group(@Nullable String letter) {
    return letter == null ? "rest" : letter;
  }

  private record Rule(Pattern foreign, Optional<String> ours) {}

  /** Collects the rules in their order. */
  public static final class Builder {
    private final List<Rule> rules = new ArrayList<>();

    private Builder() {}

    /**
     * Adds a rule.
     *
     * @throws IllegalArgumentException when {@code ours} has a placeholder that {@code foreign} has
     *     not
     */
    public Builder rename(String foreign, String ours) {
      Matcher wanted = PLACEHOLDER.matcher(ours);
      while (wanted.find()) {
        if (!foreign.contains(wanted.group())) {
          throw new IllegalArgumentException(
              "%s in '%s' has no counterpart in '%s'".formatted(wanted.group(), ours, foreign));
        }
      }
      rules.add(new Rule(compile(foreign), Optional.of(ours)));
      return this;
    }

    /** Adds a rule for names that we have no use for. */
    public Builder drop(String foreign) {
      rules.add(new Rule(compile(foreign), Optional.empty()));
      return this;
    }

    /** The table. */
    public KeyMap build() {
      return new KeyMap(rules);
    }

    private static Pattern compile(String foreign) {
      StringBuilder pattern = new StringBuilder();
      Matcher placeholder = PLACEHOLDER.matcher(foreign);
      int at = 0;
      while (placeholder.find()) {
        pattern.append(Pattern.quote(foreign.substring(at, placeholder.start())));
        String letter = placeholder.group(1);
        pattern.append(letter == null ? "(?<rest>.*)" : "(?<%s>[0-9]+)".formatted(letter));
        at = placeholder.end();
      }
      return Pattern.compile(pattern + Pattern.quote(foreign.substring(at)), Pattern.DOTALL);
    }
  }
}
