package io.lssgen.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The golden files of tools/golden/token_ids.py. */
public final class GoldenTokenizers {
  private static final ObjectMapper JSON = new ObjectMapper();

  private GoldenTokenizers() {}

  static JsonNode json(String name) {
    try (InputStream in = open(name)) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static JsonNode gzippedJson(String name) {
    try (InputStream in = new GZIPInputStream(open(name))) {
      return JSON.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> prompts() {
    List<String> prompts = new ArrayList<>();
    json("prompts.json").forEach(prompt -> prompts.add(prompt.asText()));
    return prompts;
  }

  /** Unpacks the folder of one tokenizer. */
  public static Path folder(String name, Path target) throws IOException {
    Path folder = Files.createDirectories(target.resolve(name));
    try (ZipInputStream zip = new ZipInputStream(open("models.zip"))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        if (entry.getName().startsWith(name + "/")) {
          Files.write(
              folder.resolve(entry.getName().substring(name.length() + 1)), zip.readAllBytes());
        }
      }
    }
    return folder;
  }

  static long[] longs(JsonNode array) {
    long[] values = new long[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = array.get(i).asLong();
    }
    return values;
  }

  private static InputStream open(String name) {
    InputStream in = GoldenTokenizers.class.getResourceAsStream("/golden/text/" + name);
    if (in == null) {
      throw new IllegalStateException("no golden file " + name);
    }
    return in;
  }
}
