package io.lssgen.hub;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.function.LongConsumer;

/**
 * Brings files into the cache's blobs, each under its final name only when it is whole and its
 * checksum right. What an interrupted run left is continued.
 */
final class BlobDownload {
  /** A wrong sum may come from a partial file that was damaged: then once more, from the start. */
  private static final int ROUNDS = 2;

  private final HubClient client;
  private final CachedRepository repository;
  private final Retries retries;
  private final String commit;

  BlobDownload(HubClient client, CachedRepository repository, Retries retries, String commit) {
    this.client = client;
    this.repository = repository;
    this.retries = retries;
    this.commit = commit;
  }

  /**
   * Fetches a file unless it is there.
   *
   * @param received hears how many of its bytes are there
   * @throws LssGenException if it cannot be fetched or written; what came so far stays
   * @throws ModelException if its checksum is wrong, twice
   */
  void fetch(HubFile file, LongConsumer received) {
    if (!repository.hasBlob(file)) {
      try (HubLock lock = HubLock.take(repository.lock(file))) {
        if (!repository.hasBlob(file)) { // another process may have fetched it meanwhile
          fetchLocked(file, received);
        }
      } catch (IOException e) {
        throw repository.cannotWrite(e);
      }
    }
    received.accept(file.size());
  }

  private void fetchLocked(HubFile file, LongConsumer received) throws IOException {
    Files.createDirectories(repository.blob(file).resolveSibling(""));
    Path partial = repository.partial(file);
    boolean right = false;
    for (int i = 0; i < ROUNDS && !right; i++) {
      right = receive(file, partial, received);
    }
    if (!right) {
      throw new ModelException(
          ("%s of %s is damaged: its checksum is not the one that the hub tells, %s, twice; nothing"
                  + " of it was kept, try again later or check HF_ENDPOINT")
              .formatted(file.path(), repository.name(), file.etag()));
    }
    Files.move(partial, repository.blob(file), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Fetches what is missing of a partial file; removes it and tells false if its sum is wrong. */
  private boolean receive(HubFile file, Path partial, LongConsumer received) throws IOException {
    boolean right;
    try (PartialBlob blob = PartialBlob.open(partial, file)) {
      if (!blob.isWhole()) {
        String what = "%s of %s".formatted(file.path(), repository.name());
        Transfer transfer = new Transfer(what, file, blob, received);
        retries.run(() -> transfer.take(client.open(commit, file, blob.position())));
      }
      right = blob.finish();
    }
    if (!right) {
      Files.delete(partial);
    }
    return right;
  }
}
