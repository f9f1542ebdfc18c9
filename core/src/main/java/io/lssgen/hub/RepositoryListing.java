package io.lssgen.hub;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.errors.ModelException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * What the hub says is in a repository.
 *
 * @param commit that the revision stands for, 40 hexadecimal digits
 * @param files all of them, with slashes
 */
record RepositoryListing(String commit, List<String> files) {
  RepositoryListing {
    files = List.copyOf(files);
  }

  /**
   * Reads the answer to {@code /api/models/org/name/revision/…}.
   *
   * @throws ModelException if it is none, or names files outside of the repository
   */
  static RepositoryListing of(HubName name, JsonNode answer) {
    String commit = answer.path("sha").asText();
    if (!HubName.isCommit(commit) || !answer.path("siblings").isArray()) {
      throw new ModelException(
          "the hub's answer for %s has no commit or no list of files; check HF_ENDPOINT"
              .formatted(name));
    }
    if (name.isCommit() && !name.revision().equals(commit)) {
      throw new ModelException(
          "%s: the hub answers with another commit, %s; check HF_ENDPOINT".formatted(name, commit));
    }
    List<String> files = new ArrayList<>();
    for (JsonNode sibling : answer.path("siblings")) {
      files.add(requireInside(name, sibling.path("rfilename").asText()));
    }
    return new RepositoryListing(commit, files);
  }

  /** A name becomes a path below the snapshot's folder and must not lead out of it. */
  private static String requireInside(HubName name, String file) {
    boolean inside = !file.isEmpty() && file.chars().noneMatch(c -> c == '\\' || c < ' ');
    for (String part : file.split("/", -1)) {
      inside &= !part.isEmpty() && !part.equals(".") && !part.equals("..") && !isDrive(part);
    }
    if (!inside) {
      throw new ModelException(
          ("%s is refused: the hub lists a file '%s', which would not lie in the model's folder;"
                  + " nothing was written")
              .formatted(name, file));
    }
    return file;
  }

  /** {@code C:}, where Windows begins anew. */
  private static boolean isDrive(String part) {
    return part.length() >= 2 && part.charAt(1) == ':';
  }

  /** For messages: the first few files. */
  String some() {
    List<String> shown = new ArrayList<>(files);
    Collections.sort(shown);
    return shown.isEmpty()
        ? "nothing"
        : String.join(", ", shown.subList(0, Math.min(5, shown.size())))
            + (shown.size() > 5 ? ", …" : "");
  }
}
