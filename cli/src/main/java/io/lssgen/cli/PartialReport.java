package io.lssgen.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What {@code generate} says of a batch that failed after some of its pictures were written.
 *
 * @param pictures those that are there
 * @param error why there are no more, one line
 */
record PartialReport(List<PictureFiles.Written> pictures, String error) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A line for each file. */
  String human() {
    return pictures.stream().map(PictureFiles.Written::line).collect(Collectors.joining());
  }

  /** One object: error, files, seeds. */
  String json() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("schema", "lssgen-partial-1");
    fields.put("error", error);
    fields.put("files", pictures.stream().map(each -> each.file().toString()).toList());
    fields.put("seeds", pictures.stream().map(PictureFiles.Written::seed).toList());
    try {
      return JSON.writeValueAsString(fields);
    } catch (JsonProcessingException e) {
      throw new AssertionError("numbers and texts are always valid JSON", e);
    }
  }
}
