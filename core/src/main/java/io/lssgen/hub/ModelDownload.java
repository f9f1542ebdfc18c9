package io.lssgen.hub;

import io.lssgen.errors.ModelException;
import io.lssgen.model.ModelFamilies;
import io.lssgen.model.ModelIndex;
import io.lssgen.weights.Checkpoint;
import io.lssgen.weights.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Fetches a model. Small files come first, since they say which weights there are. A snapshot gets
 * each file when it is whole, and the note that the revision is there comes last: whatever
 * interrupts this, nothing looks complete that is not.
 */
final class ModelDownload {
  /** Vocabularies and indices of sharded weights stay well below. */
  private static final long LARGEST_SMALL = 100L << 20;

  private final HubName name;
  private final HubClient client;
  private final CachedRepository repository;
  private final Retries retries;
  private final WantedWeights wanted;
  private final HubListener listener;

  ModelDownload(
      HubSettings settings,
      HubName name,
      Retries retries,
      WantedWeights wanted,
      HubListener listener) {
    this.name = name;
    this.wanted = wanted;
    this.client = new HubClient(settings, name, retries);
    this.repository = new CachedRepository(settings, name);
    this.retries = retries;
    this.listener = listener;
  }

  /**
   * Fetches what is not there yet.
   *
   * @return the folder of the complete snapshot
   * @throws io.lssgen.errors.LssGenException if that fails
   */
  Path run() {
    RepositoryListing listing = client.listing();
    String commit = listing.commit();
    Path folder = repository.snapshot(commit);
    if (repository.isComplete(Snapshot.of(folder, wanted))) { // as it was, or of another branch
      repository.note(commit);
      return folder;
    }
    BlobDownload blobs = new BlobDownload(client, repository, retries, commit);
    NeededFiles needed = needed(listing, blobs);
    List<HubFile> small = small(commit, needed.small(), blobs);
    List<HubFile> weights =
        weights(listing, needed, small).stream().map(path -> client.file(commit, path)).toList();
    repository.requireSpace(weights);
    small.forEach(file -> repository.link(commit, file));
    needed.standIns().forEach(path -> repository.noteAbsent(commit, path));
    long all = sum(small) + sum(weights);
    long done = sum(small);
    for (HubFile file : weights) {
      long before = done;
      blobs.fetch(file, here -> listener.received(file.path(), before + here, all));
      repository.link(commit, file);
      done += file.size();
    }
    repository.note(commit);
    return folder;
  }

  private NeededFiles needed(RepositoryListing listing, BlobDownload blobs) {
    List<String> files = listing.files();
    NeededFiles needed;
    if (files.contains(NeededFiles.INDEX)) {
      HubFile file = small(listing.commit(), List.of(NeededFiles.INDEX), blobs).get(0);
      ModelConfig config = ModelConfig.parse(name + "/" + NeededFiles.INDEX, text(file));
      ModelIndex index = ModelIndex.of(Path.of(name.id()), config);
      if (wanted.only().isEmpty()) {
        ModelFamilies.of(index); // refuses an unknown one before gigabytes are fetched
      }
      needed = NeededFiles.ofPipeline(index, files, wanted);
    } else if (NeededFiles.isComponent(files)) {
      needed = NeededFiles.ofComponent(files, wanted);
    } else {
      throw new ModelException(
          ("%s is no model in the diffusers layout: wanted a %s, found %s; of a single file, fetch it"
                  + " and name the file itself")
              .formatted(name, NeededFiles.INDEX, listing.some()));
    }
    if (!needed.lacking().isEmpty()) {
      throw new ModelException(
          "%s cannot be used, its repository is not complete: %s"
              .formatted(name, NeededFiles.some(needed.lacking())));
    }
    return needed;
  }

  private List<HubFile> small(String commit, List<String> paths, BlobDownload blobs) {
    List<HubFile> files = paths.stream().map(path -> client.file(commit, path)).toList();
    for (HubFile file : files) {
      if (file.size() > LARGEST_SMALL) {
        throw new ModelException(
            "%s: %s has %,d bytes, wanted at most %,d for a file of its kind"
                .formatted(name, file.path(), file.size(), LARGEST_SMALL));
      }
    }
    repository.requireSpace(files);
    files.forEach(file -> blobs.fetch(file, here -> {}));
    return files;
  }

  /** All files of weights, those that the indices name too. */
  private List<String> weights(RepositoryListing listing, NeededFiles needed, List<HubFile> small) {
    List<String> weights = new ArrayList<>(needed.weights());
    for (HubFile file : small) {
      if (needed.indices().contains(file.path())) {
        String prefix = file.path().substring(0, file.path().lastIndexOf('/') + 1);
        Checkpoint.parts(repository.blob(file)).forEach(part -> weights.add(prefix + part));
      }
    }
    for (String path : weights) {
      if (!listing.files().contains(path)) {
        throw new ModelException(
            "%s cannot be used: an index names %s, which its repository does not have"
                .formatted(name, path));
      }
    }
    return weights;
  }

  private String text(HubFile file) {
    try {
      return Files.readString(repository.blob(file));
    } catch (IOException e) {
      throw new ModelException("%s: %s could not be read: %s".formatted(name, file.path(), e), e);
    }
  }

  private static long sum(List<HubFile> files) {
    return files.stream().mapToLong(HubFile::size).sum();
  }
}
