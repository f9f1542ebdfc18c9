package io.lssgen.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.errors.UsageException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a picture was made, as it travels in the picture's file. Two forms that hold the same: the
 * text of the AUTOMATIC1111 web UI, which most tools read, and a JSON object with a {@code schema}
 * field, which adds where it was made.
 *
 * @param prompt what was asked for
 * @param negativePrompt what was not wanted; empty when nothing was said
 * @param settings the request and the model by name, in the order in which they are shown: {@code
 *     Steps}, {@code Sampler}, {@code Seed}, {@code Size}, …; names are of 2 to 62 letters, digits,
 *     spaces, {@code _}, {@code -} and {@code /}
 * @param environment library versions, processor flags and the like by name; in the JSON form only
 */
public record GenerationMetadata(
    String prompt,
    String negativePrompt,
    Map<String, String> settings,
    Map<String, String> environment) {

  /** Keyword of the PNG text that holds the form of the AUTOMATIC1111 web UI. */
  public static final String PARAMETERS_KEYWORD = "parameters";

  /** The setting that a picture has which began with another: how much of that was changed. */
  public static final String STRENGTH = "Denoising strength";

  /** What such another picture was for, unless it was only begun with. */
  public static final String PICTURE_USE = "Init image use";

  /** The value of {@link #PICTURE_USE} where the model looked at it all the way. */
  public static final String REFERENCE = "reference";

  /** How far such a mask's edges were softened, in pixels; AUTOMATIC1111 says so, too. */
  public static final String MASK_BLUR = "Mask blur";

  /** What of a picture with a mask was looked at, as AUTOMATIC1111 says it. */
  public static final String INPAINT_AREA = "Inpaint area";

  /** The value of {@link #INPAINT_AREA} where that was what lies around the mask. */
  public static final String ONLY_MASKED = "Only masked";

  /** How many pixels around the mask were, too. */
  public static final String MASK_PADDING = "Masked area padding";

  /** What was begun with in the mask, unless it was the picture; as AUTOMATIC1111 says it. */
  public static final String MASKED_CONTENT = "Masked content";

  /** The setting that a picture has which is another but for what a mask left free. */
  public static final String MASK = "Mask hash";

  /** What a ControlNet did, with its number behind; AUTOMATIC1111's extension says it so. */
  public static final String CONTROL = "ControlNet";

  /** Keyword of the PNG text that holds the JSON form. */
  public static final String JSON_KEYWORD = "lssgen";

  /** The value of the JSON form's {@code schema} field. */
  public static final String SCHEMA = "lssgen-generation-1";

  private static final JsonMapper JSON =
      JsonMapper.builder()
          // So that any text survives, half a surrogate pair too, whatever encoding is around it.
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .build();

  /**
   * Copies the tables and checks the settings' names.
   *
   * @throws IllegalArgumentException when a name does not fit into the text form
   */
  public GenerationMetadata {
    settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
    environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
    ParametersText.requireValidNames(settings);
  }

  /**
   * The text of the AUTOMATIC1111 web UI: the prompt, a line {@code Negative prompt: …} unless it
   * is empty, and a line of settings {@code Steps: 20, Sampler: Euler, …}.
   *
   * <p>A prompt that this form cannot hold (it has a line that looks like another part, or spaces
   * at its ends) is shown as well as can be and repeated exactly among the settings, so that {@link
   * #parseParameters} gives back what was asked for.
   */
  public String toParameters() {
    return ParametersText.write(this);
  }

  /** Reads the text of the AUTOMATIC1111 web UI; any text can be read. The environment is empty. */
  public static GenerationMetadata parseParameters(String text) {
    return ParametersText.parse(text);
  }

  /** The JSON form, in one line of ASCII. */
  public String toJson() {
    ObjectNode root = JSON.createObjectNode();
    root.put("schema", SCHEMA);
    root.put("prompt", prompt);
    root.put("negative_prompt", negativePrompt);
    settings.forEach(root.putObject("settings")::put);
    environment.forEach(root.putObject("environment")::put);
    try {
      // DEL is ASCII to the JSON writer, yet no character to print; it can only be inside a string.
      return JSON.writeValueAsString(root).replace("\u007f", "\\u007f");
    } catch (JsonProcessingException e) {
      throw new AssertionError("texts are always valid JSON", e);
    }
  }

  /**
   * Reads the JSON form.
   *
   * @throws UsageException when the text is no such object or has another schema
   */
  public static GenerationMetadata parseJson(String text) {
    try {
      JsonNode root = JSON.readTree(text);
      String schema = root.path("schema").asText();
      if (!schema.equals(SCHEMA)) {
        throw new UsageException(
            "cannot read the picture's settings: wanted schema %s, found '%s'"
                .formatted(SCHEMA, schema));
      }
      return new GenerationMetadata(
          root.path("prompt").asText(),
          root.path("negative_prompt").asText(),
          table(root.path("settings")),
          table(root.path("environment")));
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new UsageException("cannot read the picture's settings: " + e.getMessage());
    }
  }

  private static Map<String, String> table(JsonNode node) {
    Map<String, String> table = new LinkedHashMap<>();
    node.properties().forEach(entry -> table.put(entry.getKey(), entry.getValue().asText()));
    return table;
  }

  /** Both forms as PNG texts. */
  public List<PngText> toPngTexts() {
    return List.of(
        PngText.of(PARAMETERS_KEYWORD, toParameters()), PngText.of(JSON_KEYWORD, toJson()));
  }

  /**
   * What a PNG file tells about how it was made: its JSON form, else its text form, which other
   * tools write too; empty when it has neither.
   *
   * @throws UsageException when the file cannot be read
   */
  public static Optional<GenerationMetadata> read(Path file) {
    return PngTexts.read(file, JSON_KEYWORD)
        .map(GenerationMetadata::parseJson)
        .or(() -> PngTexts.read(file, PARAMETERS_KEYWORD).map(GenerationMetadata::parseParameters));
  }
}
