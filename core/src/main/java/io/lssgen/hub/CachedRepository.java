package io.lssgen.hub;

import io.lssgen.errors.LssGenException;
import io.lssgen.files.AtomicFile;
import io.lssgen.files.AtomicFile.IfExists;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One model's folder in the cache, laid out as Hugging Face's library does it:
 *
 * <pre>
 * models--org--name/
 *   blobs/       the files' contents, named by their checksums
 *   snapshots/   a folder for each commit, of relative links to blobs
 *   refs/        the commit of each branch or tag that was asked for
 *   .no_exist/   a folder for each commit, of empty files for what is not in it
 * .locks/models--org--name/
 * </pre>
 */
final class CachedRepository {
  private static final String INCOMPLETE = ".incomplete";

  /** Marks folders that backups may leave out; see https://bford.info/cachedir/. */
  private static final String TAG = "CACHEDIR.TAG";

  private static final String TAG_CONTENT =
      """
      Signature: 8a477f597d28d172789f06886806bc55
      # This file is a cache directory tag created by LSSGen, in the cache of Hugging Face.
      # For information about cache directory tags, see https://bford.info/cachedir/
      """;

  private final HubSettings settings;
  private final HubName name;
  private final Path folder;

  CachedRepository(HubSettings settings, HubName name) {
    this.settings = settings;
    this.name = name;
    folder = settings.cache().resolve(name.folder());
  }

  HubName name() {
    return name;
  }

  /** The commit that the revision stood for when it was last fetched; empty if it never was. */
  Optional<String> commit() {
    if (name.isCommit()) {
      return Optional.of(name.revision());
    }
    try {
      return Optional.of(Files.readString(ref()).strip()).filter(HubName::isCommit);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new LssGenException("cannot read %s: %s".formatted(ref(), e), e);
    }
  }

  private Path ref() {
    return folder.resolve("refs").resolve(name.revision());
  }

  /** The folder of a commit's files, whether it is there or not. */
  Path snapshot(String commit) {
    return folder.resolve("snapshots").resolve(commit);
  }

  /** The folders of all commits that there are. */
  List<Path> snapshots() {
    Path all = folder.resolve("snapshots");
    if (!Files.isDirectory(all)) {
      return List.of();
    }
    try (Stream<Path> each = Files.list(all)) {
      return each.filter(Files::isDirectory).sorted().toList();
    } catch (IOException e) {
      throw new LssGenException("cannot list %s: %s".formatted(all, e), e);
    }
  }

  /** The branches, tags and commits that were fetched, for messages. */
  String known() {
    Path refs = folder.resolve("refs");
    try (Stream<Path> all = Files.isDirectory(refs) ? Files.walk(refs) : Stream.empty()) {
      Stream<String> named =
          all.filter(Files::isRegularFile)
              .map(file -> refs.relativize(file).toString().replace('\\', '/'));
      Stream<String> commits = snapshots().stream().map(each -> each.getFileName().toString());
      return Stream.concat(named, commits).sorted().collect(Collectors.joining(", "));
    } catch (IOException e) {
      throw new LssGenException("cannot list %s: %s".formatted(refs, e), e);
    }
  }

  /**
   * Whether what is there is what would be fetched: nothing is missing, and where a variant stands
   * in for plain weights, the repository is known to have none. Offline the variant will do.
   */
  boolean isComplete(Snapshot snapshot) {
    Path absent = absent(snapshot.folder().getFileName().toString());
    return snapshot.isComplete()
        && (settings.offline()
            || snapshot.standIns().stream().map(absent::resolve).allMatch(Files::exists));
  }

  /** Notes that the repository has no such file at {@code commit}. */
  void noteAbsent(String commit, String path) {
    Path mark = absent(commit).resolve(path);
    try {
      if (Files.notExists(mark)) {
        Files.createDirectories(mark.resolveSibling(""));
        AtomicFile.write(mark, IfExists.REPLACE, new byte[0]);
      }
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  private Path absent(String commit) {
    return folder.resolve(".no_exist").resolve(commit);
  }

  Path blob(HubFile file) {
    return folder.resolve("blobs").resolve(file.etag());
  }

  /** Where a blob is while it is not whole. */
  Path partial(HubFile file) {
    return blob(file).resolveSibling(file.etag() + INCOMPLETE);
  }

  Path lock(HubFile file) {
    return settings.cache().resolve(".locks").resolve(name.folder()).resolve(file.etag() + ".lock");
  }

  boolean hasBlob(HubFile file) {
    try {
      return Files.isRegularFile(blob(file)) && Files.size(blob(file)) == file.size();
    } catch (IOException e) {
      return false;
    }
  }

  /**
   * Checks that the disk has room for what is missing of {@code files}.
   *
   * @throws LssGenException if it has not
   */
  void requireSpace(List<HubFile> files) {
    long free = freeSpace();
    long missing = 0;
    for (HubFile file : files) {
      long there = hasBlob(file) ? file.size() : Math.min(file.size(), begun(file));
      missing += Math.min(file.size() - there, Long.MAX_VALUE - missing);
    }
    if (missing > free) {
      throw new LssGenException(
          ("%s does not fit on the disk: wanted %,d bytes more, found %,d free at %s; free some or"
                  + " set HF_HUB_CACHE to a folder on a larger one")
              .formatted(name, missing, free, settings.cache()));
    }
  }

  private long begun(HubFile file) {
    try {
      return Files.size(partial(file));
    } catch (IOException e) {
      return 0; // not begun
    }
  }

  private long freeSpace() {
    try {
      Files.createDirectories(folder);
      return Files.getFileStore(folder).getUsableSpace();
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  /** Makes {@code file}, whose blob is there, part of the commit's snapshot. */
  void link(String commit, HubFile file) {
    Path target = blob(file);
    Path pointer = snapshot(commit).resolve(file.path());
    String suffix = Long.toHexString(ThreadLocalRandom.current().nextLong());
    Path fresh = pointer.resolveSibling("." + pointer.getFileName() + "." + suffix);
    try {
      if (Files.exists(pointer) && Files.isSameFile(pointer, target)) {
        return;
      }
      Files.createDirectories(pointer.resolveSibling(""));
      try {
        link(fresh, target);
        Files.move(fresh, pointer, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(fresh);
      }
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  /** A relative symbolic link, so that the cache can be moved; else a hard link, else a copy. */
  private void link(Path fresh, Path target) throws IOException {
    if (settings.symlinks()) {
      try {
        Files.createSymbolicLink(fresh, fresh.resolveSibling("").relativize(target));
        return;
      } catch (UnsupportedOperationException | FileSystemException e) {
        // This file system has none, or this user may not make any.
      }
    }
    try {
      Files.createLink(fresh, target);
    } catch (UnsupportedOperationException | FileSystemException e) {
      Files.copy(target, fresh);
    }
  }

  /** Notes that the revision is at {@code commit} now: the last step of a download. */
  void note(String commit) {
    try {
      Path tag = settings.cache().resolve(TAG);
      if (Files.notExists(tag)) {
        AtomicFile.write(tag, IfExists.REPLACE, TAG_CONTENT.getBytes(StandardCharsets.US_ASCII));
      }
      if (!name.isCommit()) {
        Files.createDirectories(ref().resolveSibling(""));
        AtomicFile.write(ref(), IfExists.REPLACE, commit.getBytes(StandardCharsets.US_ASCII));
      }
    } catch (IOException e) {
      throw cannotWrite(e);
    }
  }

  LssGenException cannotWrite(IOException e) {
    String free;
    try {
      free = "%,d bytes free".formatted(Files.getFileStore(settings.cache()).getUsableSpace());
    } catch (IOException unknown) {
      free = "free space unknown";
    }
    return new LssGenException(
        ("%s cannot be written to the cache %s: %s (%s); free some space or set HF_HUB_CACHE, what"
                + " is here already stays")
            .formatted(name, settings.cache(), e, free),
        e);
  }
}
