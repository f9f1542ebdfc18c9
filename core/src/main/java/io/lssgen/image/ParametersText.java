package io.lssgen.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The text in which the AUTOMATIC1111 web UI says how a picture was made; see its <a
 * href="https://github.com/AUTOMATIC1111/stable-diffusion-webui/wiki/Features#png-info">PNG
 * info</a>. The format knows no escapes for prompts: what it cannot hold is repeated as a JSON
 * string under a name of our own, which other readers pass over.
 */
final class ParametersText {
  private static final String NEGATIVE = "Negative prompt:";
  private static final String EXACT_PROMPT = "Exact prompt";
  private static final String EXACT_NEGATIVE = "Exact negative prompt";

  /** As other readers do: a last line with fewer settings is part of the prompt. */
  private static final int FEWEST_SETTINGS = 3;

  private static final String NAME = "\\w[\\w /-]{0,60}[\\w/-]";
  private static final Pattern VALID_NAME = Pattern.compile(NAME, Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern NAME_IN_LINE =
      Pattern.compile("(" + NAME + "):[ \t]*", Pattern.UNICODE_CHARACTER_CLASS);

  /** Values that are written as they are; all others become JSON strings. */
  private static final Pattern PLAIN_VALUE =
      Pattern.compile(
          "[\\p{L}\\p{N}_.+/();=%-]([\\p{L}\\p{N}_.+/();=% -]*[\\p{L}\\p{N}_.+/();=%-])?");

  private static final JsonMapper JSON = new JsonMapper();
  private static final JsonMapper ASCII_JSON =
      JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

  private ParametersText() {}

  static void requireValidNames(Map<String, String> settings) {
    for (String name : settings.keySet()) {
      if (!VALID_NAME.matcher(name).matches()
          || Set.of(EXACT_PROMPT, EXACT_NEGATIVE).contains(name)) {
        throw new IllegalArgumentException("not a name for a setting: '" + name + "'");
      }
    }
  }

  static String write(GenerationMetadata metadata) {
    String plain = text(metadata, metadata.settings());
    GenerationMetadata read = parse(plain);
    if (read.prompt().equals(metadata.prompt())
        && read.negativePrompt().equals(metadata.negativePrompt())
        && read.settings().equals(metadata.settings())) {
      return plain;
    }
    Map<String, String> settings = new LinkedHashMap<>(metadata.settings());
    settings.put(EXACT_PROMPT, metadata.prompt());
    settings.put(EXACT_NEGATIVE, metadata.negativePrompt());
    return text(metadata, settings);
  }

  private static String text(GenerationMetadata metadata, Map<String, String> settings) {
    StringBuilder text = new StringBuilder(shown(metadata.prompt()));
    if (!metadata.negativePrompt().isEmpty()) {
      text.append('\n').append(NEGATIVE).append(' ').append(shown(metadata.negativePrompt()));
    }
    if (!settings.isEmpty()) {
      text.append('\n')
          .append(
              settings.entrySet().stream()
                  .map(entry -> entry.getKey() + ": " + quotedIfNeeded(entry.getValue()))
                  .collect(Collectors.joining(", ")));
    }
    return text.toString();
  }

  /** A prompt as a PNG text can hold it: no control characters, no half surrogate pairs. */
  private static String shown(String prompt) {
    StringBuilder shown = new StringBuilder(prompt.length());
    prompt
        .codePoints()
        .map(c -> Character.isISOControl(c) && c != '\n' ? ' ' : c)
        .map(c -> Character.getType(c) == Character.SURROGATE ? '?' : c)
        .forEach(shown::appendCodePoint);
    return shown.toString();
  }

  private static String quotedIfNeeded(String value) {
    if (PLAIN_VALUE.matcher(value).matches()) {
      return value;
    }
    try {
      // Only ASCII can carry half a surrogate pair through every encoding.
      boolean wellFormed =
          UTF_8.newEncoder().canEncode(value)
              && value.codePoints().noneMatch(Character::isISOControl);
      return (wellFormed ? JSON : ASCII_JSON).writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new AssertionError("a string is always valid JSON", e);
    }
  }

  static GenerationMetadata parse(String text) {
    String body = text;
    Map<String, String> settings = Map.of();
    int lastBreak = text.lastIndexOf('\n');
    String lastLine = text.substring(lastBreak + 1);
    Map<String, String> found = parseSettings(lastLine);
    if (isSettings(lastLine, found)) {
      settings = found;
      body = lastBreak < 0 ? "" : text.substring(0, lastBreak);
    }
    // The first line that begins so divides: what follows is the negative prompt to its end.
    String[] parts = ("\n" + body).split("\n" + NEGATIVE, 2);
    String prompt = parts[0].strip();
    String negative = parts.length == 2 ? parts[1].strip() : "";

    Map<String, String> rest = new LinkedHashMap<>(settings);
    String exactPrompt = rest.remove(EXACT_PROMPT);
    String exactNegative = rest.remove(EXACT_NEGATIVE);
    return new GenerationMetadata(
        exactPrompt == null ? prompt : exactPrompt,
        exactNegative == null ? negative : exactNegative,
        rest,
        Map.of());
  }

  private static boolean isSettings(String line, Map<String, String> found) {
    return found.size() >= FEWEST_SETTINGS
        || line.startsWith("Steps: ")
        || found.containsKey(EXACT_PROMPT);
  }

  private static Map<String, String> parseSettings(String line) {
    Map<String, String> settings = new LinkedHashMap<>();
    Matcher name = NAME_IN_LINE.matcher(line);
    int at = 0;
    while (at <= line.length() && name.find(at)) {
      int begin = name.end();
      int end = endOfValue(line, begin);
      settings.put(name.group(1), unquoted(line.substring(begin, end).strip()));
      at = end + 1;
    }
    return settings;
  }

  /** The place of the comma after the value, or the line's end. */
  private static int endOfValue(String line, int begin) {
    int from = begin;
    if (begin < line.length() && line.charAt(begin) == '"') {
      int quote = begin + 1;
      while (quote < line.length() && line.charAt(quote) != '"') {
        quote += line.charAt(quote) == '\\' ? 2 : 1;
      }
      from = quote < line.length() ? quote + 1 : begin; // never closed: an ordinary character
    }
    int comma = line.indexOf(',', from);
    return comma < 0 ? line.length() : comma;
  }

  private static String unquoted(String value) {
    if (value.length() < 2 || !value.startsWith("\"") || !value.endsWith("\"")) {
      return value;
    }
    try {
      return JSON.readValue(value, String.class);
    } catch (JsonProcessingException e) {
      return value; // another tool's value that only looks like a JSON string
    }
  }
}
