package io.lssgen.weights;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Translates the parameters of a foreign file into ours, as a table that reads like one:
 *
 * <pre>{@code
 * KeyMap.builder()
 *     .rename("img_in.weight", "x_embedder.weight")
 *     .rename("double_blocks.{i}.img_attn.proj.*", "transformer_blocks.{i}.attn.to_out.0.*")
 *     .split("attn.{i}.qkv.*", "attn.{i}.q.*", "attn.{i}.k.*", "attn.{i}.v.*")
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

  /**
   * Our name for {@code foreign}; empty when the table drops it.
   *
   * @throws IllegalStateException when {@code foreign} is not one of ours as it is, but for
   *     instance several
   */
  public Optional<String> translate(String foreign) {
    List<Part> parts = parts(foreign);
    if (parts.stream().anyMatch(part -> part.form() != TensorForm.WHOLE)) {
      throw new IllegalStateException(foreign + " is not just renamed: " + parts);
    }
    return parts.stream().map(Part::name).findFirst();
  }

  /** What of ours {@code foreign} holds; nothing when the table drops it. */
  List<Part> parts(String foreign) {
    for (Rule rule : rules) {
      Matcher matcher = rule.foreign.matcher(foreign);
      if (matcher.matches()) {
        return rule.ours.stream()
            .map(part -> new Part(fill(part.name(), matcher), part.form()))
            .toList();
      }
    }
    return List.of(new Part(foreign, TensorForm.WHOLE));
  }

  private static String fill(String pattern, Matcher values) {
    return PLACEHOLDER
        .matcher(pattern)
        .replaceAll(found -> Matcher.quoteReplacement(values.group(group(found.group(1)))));
  }

  private static String group(@Nullable String letter) {
    return letter == null ? "rest" : letter;
  }

  /**
   * A tensor of ours.
   *
   * @param name its name
   * @param form how it is taken from the foreign tensor
   */
  record Part(String name, TensorForm form) {}

  private record Rule(Pattern foreign, List<Part> ours) {}

  /** Collects the rules in their order. */
  public static final class Builder {
    private final List<Rule> rules = new ArrayList<>();

    private Builder() {}

    /**
     * Adds a rule.
     *
     * @throws IllegalArgumentException when {@code ours} has a placeholder that {@code foreign} has
     *     not; so in all rules
     */
    public Builder rename(String foreign, String ours) {
      return add(foreign, List.of(new Part(ours, TensorForm.WHOLE)));
    }

    /** Adds a rule for names that we have no use for. */
    public Builder drop(String foreign) {
      return add(foreign, List.of());
    }

    /** Adds a rule for a tensor whose rows are those of several of ours, the same for each. */
    public Builder split(String foreign, String... ours) {
      int[] shares = new int[ours.length];
      Arrays.fill(shares, 1);
      return split(foreign, shares, ours);
    }

    /**
     * Adds a rule for a tensor whose rows are those of several of ours.
     *
     * @param shares how the rows are divided: [1, 3] is a quarter for the first, the rest for the
     *     second
     */
    public Builder split(String foreign, int[] shares, String... ours) {
      if (shares.length != ours.length) {
        throw new IllegalArgumentException(
            "%d shares for %d tensors of '%s'".formatted(shares.length, ours.length, foreign));
      }
      int all = Arrays.stream(shares).sum();
      List<Part> parts = new ArrayList<>();
      int skipped = 0;
      for (int i = 0; i < ours.length; i++) {
        parts.add(new Part(ours[i], new TensorForm.Rows(skipped, shares[i], all)));
        skipped += shares[i];
      }
      return add(foreign, parts);
    }

    /** Adds a rule for a tensor of whose rows the second half comes first in ours. */
    public Builder swapHalves(String foreign, String ours) {
      return add(foreign, List.of(new Part(ours, new TensorForm.SwappedHalves())));
    }

    /** Adds a rule for a matrix whose rows are the columns of ours. */
    public Builder transpose(String foreign, String ours) {
      return add(foreign, List.of(new Part(ours, new TensorForm.Transposed())));
    }

    /** Adds a rule for what may be the kernel of a 1×1 convolution and is a matrix in ours. */
    public Builder matrix(String foreign, String ours) {
      return add(foreign, List.of(new Part(ours, new TensorForm.Matrix())));
    }

    /** Adds a rule for a table that may lack a first side of 1, which it has in ours. */
    public Builder single(String foreign, String ours) {
      return add(foreign, List.of(new Part(ours, new TensorForm.Single())));
    }

    /** Adds the rules of another table behind those that are here. */
    public Builder addAll(KeyMap other) {
      rules.addAll(other.rules);
      return this;
    }

    private Builder add(String foreign, List<Part> ours) {
      for (Part part : ours) {
        Matcher wanted = PLACEHOLDER.matcher(part.name());
        while (wanted.find()) {
          if (!foreign.contains(wanted.group())) {
            throw new IllegalArgumentException(
                "%s in '%s' has no counterpart in '%s'"
                    .formatted(wanted.group(), part.name(), foreign));
          }
        }
      }
      rules.add(new Rule(compile(foreign), List.copyOf(ours)));
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
