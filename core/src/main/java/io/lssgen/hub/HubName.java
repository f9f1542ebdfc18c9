package io.lssgen.hub;

import io.lssgen.errors.UsageException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * The name of a model on the hub. Its parts become folders and addresses, so nothing else than the
 * hub's own characters gets through.
 *
 * @param owner a user or an organisation
 * @param model the name of the owner's repository
 * @param revision a branch, a tag or a commit, in full or abbreviated
 */
public record HubName(String owner, String model, String revision) {
  /** The branch that is meant where none is named. */
  public static final String MAIN = "main";

  private static final int LONGEST_ID = 96;
  private static final int LONGEST_REVISION = 200;
  private static final Pattern SHAPE =
      Pattern.compile("[A-Za-z0-9][\\w.-]*/[A-Za-z0-9][\\w.-]*(@.*)?", Pattern.DOTALL);
  private static final Pattern FILE =
      Pattern.compile(".*\\.(safetensors|gguf|ckpt|pt|pth|bin|json)", Pattern.DOTALL);
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9]([\\w.-]*[A-Za-z0-9_])?");
  private static final Pattern REVISION = Pattern.compile("[A-Za-z0-9][\\w.+-]*(/\\w[\\w.+-]*)*");
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
  private static final String CACHED = "models--";
  private static final String SEPARATOR = "--";

  /**
   * Checks all parts.
   *
   * @throws UsageException if one is not as the hub has them
   */
  public HubName {
    String id = owner + "/" + model;
    if (!isPart(owner) || !isPart(model) || id.length() > LONGEST_ID || model.endsWith(".git")) {
      throw new UsageException(
          ("'%s' is no model's name on the hub: wanted org/name of letters, digits, '-', '_' and"
                  + " '.', without '--' and '..', at most %d characters; for a folder begin with ./")
              .formatted(id, LONGEST_ID));
    }
    if (!REVISION.matcher(revision).matches()
        || revision.contains("..")
        || revision.endsWith(".lock")
        || revision.length() > LONGEST_REVISION) {
      throw new UsageException(
          "'%s' is no revision of %s: wanted a branch, a tag or a commit after the @"
              .formatted(revision, id));
    }
  }

  private static boolean isPart(String text) {
    return PART.matcher(text).matches() && !text.contains(SEPARATOR) && !text.contains("..");
  }

  /**
   * Reads {@code org/name} or {@code org/name@revision}.
   *
   * @throws UsageException if it is neither
   */
  public static HubName parse(String text) {
    int at = text.indexOf('@');
    String id = at < 0 ? text : text.substring(0, at);
    int slash = id.indexOf('/');
    return new HubName(
        slash < 0 ? "" : id.substring(0, slash),
        id.substring(slash + 1),
        at < 0 ? MAIN : text.substring(at + 1));
  }

  /** Whether {@code text} looks like a name on the hub, not like a path or a file's name. */
  static boolean isMeant(String text) {
    return SHAPE.matcher(text).matches() && !FILE.matcher(text).matches();
  }

  /** What people call the model in {@code folder}: its name on the hub, else the folder's. */
  static String modelIn(Path folder) {
    Path path = folder.toAbsolutePath().normalize();
    Path snapshots = path.getParent();
    Path repository = snapshots == null ? null : snapshots.getParent();
    if (repository != null && COMMIT.matcher(String.valueOf(path.getFileName())).matches()) {
      String name = String.valueOf(repository.getFileName());
      int end = name.lastIndexOf(SEPARATOR);
      if (name.startsWith(CACHED) && end >= CACHED.length()) {
        return name.substring(end + SEPARATOR.length());
      }
    }
    return String.valueOf(path.getFileName());
  }

  /** {@code org/name}. */
  public String id() {
    return owner + "/" + model;
  }

  /** The repository's folder in the cache. */
  String folder() {
    return CACHED + owner + SEPARATOR + model;
  }

  /** Whether the revision is a commit in full, which never changes. */
  boolean isCommit() {
    return isCommit(revision);
  }

  static boolean isCommit(String text) {
    return COMMIT.matcher(text).matches();
  }

  /** As users write it. */
  @Override
  public String toString() {
    return revision.equals(MAIN) ? id() : id() + "@" + revision;
  }
}
