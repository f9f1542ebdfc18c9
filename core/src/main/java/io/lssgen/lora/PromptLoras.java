package io.lssgen.lora;

import io.lssgen.errors.UsageException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A prompt with LoRAs in it, as the AUTOMATIC1111 web UI reads them: {@code a lighthouse
 * <lora:film:0.8>}. They are no part of what the picture shows.
 *
 * @param text the prompt without them
 * @param wanted in the order of the prompt
 */
public record PromptLoras(String text, List<Named> wanted) {
  private static final Pattern TAG = Pattern.compile("<lora:([^<>]*)>");

  /**
   * A LoRA by its name in a folder.
   *
   * @param weight as {@link Lora#weight()}
   */
  public record Named(String name, double weight) {}

  public PromptLoras {
    wanted = List.copyOf(wanted);
  }

  /**
   * Takes the LoRAs out of {@code prompt}; a prompt without any stays as it is.
   *
   * @throws UsageException if one has no name, or a weight that is no number
   */
  public static PromptLoras of(String prompt) {
    Matcher tags = TAG.matcher(prompt);
    List<Named> wanted = new ArrayList<>();
    while (tags.find()) {
      wanted.add(named(tags.group(1), tags.group()));
    }
    return new PromptLoras(
        wanted.isEmpty() ? prompt : TAG.matcher(prompt).replaceAll("").strip(), wanted);
  }

  private static Named named(String inside, String tag) {
    String[] parts = inside.split(":", -1);
    try {
      if (parts.length <= 2 && !parts[0].isBlank()) {
        double weight = parts.length == 1 ? 1 : Double.parseDouble(parts[1]);
        return new Named(parts[0].strip(), weight);
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new UsageException(
        "a LoRA in a prompt wants a name and a weight, as <lora:name:0.8>; found " + tag);
  }

  /**
   * Where they are.
   *
   * @param folder the folder of LoRAs; empty if none was given
   * @throws UsageException if there is no folder, or one of them is not in it
   */
  public List<Lora> in(Optional<LoraFolder> folder) {
    if (!wanted.isEmpty() && folder.isEmpty()) {
      throw new UsageException(
          "the prompt names the LoRA '%s', but no folder of LoRAs was given; give one with --lora-dir"
              .formatted(wanted.get(0).name));
    }
    return wanted.stream()
        .map(each -> new Lora(folder.orElseThrow().file(each.name), each.weight))
        .toList();
  }
}
