package io.lssgen.scenes;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads this package's tables: rows of cells separated by "|", lines with "#" are comments. */
final class VocabularyTable {
  private VocabularyTable() {}

  /** The rows of a resource of this package, each with exactly so many trimmed cells. */
  static List<List<String>> rows(String resource, int cells) {
    List<List<String>> rows = new ArrayList<>();
    try (InputStream in = VocabularyTable.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new LssGenException("resource " + resource + " is missing from this build");
      }
      BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (line.isBlank() || line.startsWith("#")) {
          continue;
        }
        List<String> row = Arrays.stream(line.split("\\|", -1)).map(String::strip).toList();
        if (row.size() != cells) {
          throw new LssGenException(
              resource + ": wanted " + cells + " cells, found " + row.size() + ": " + line);
        }
        rows.add(row);
      }
    } catch (IOException e) {
      throw new LssGenException("cannot read resource " + resource + ": " + IoReason.of(e), e);
    }
    return rows;
  }

  /** The parts of a cell that holds a list, none if it is empty. */
  static List<String> list(String cell, String separator) {
    return cell.isEmpty()
        ? List.of()
        : Arrays.stream(cell.split(separator)).map(String::strip).toList();
  }
}
