package io.lssgen.hub;

import static java.util.Objects.requireNonNull;

import io.lssgen.errors.LssGenException;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.weights.Checkpoint;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Finds models by what users call them: a folder, or {@code org/name[@revision]} on the hub. A
 * model that is whole in the cache is used without asking anybody, unless it is to be {@link
 * #refreshing refreshed}; what is missing is fetched.
 *
 * <pre>{@code
 * Path folder = ModelHub.ofEnvironment().folder("black-forest-labs/FLUX.1-schnell");
 * }</pre>
 */
public final class ModelHub {
  private final HubSettings settings;
  private final Retries retries;
  private final WantedWeights wanted;
  private final boolean refresh;

  /** A hub with its cache. */
  public ModelHub(HubSettings settings) {
    this(settings, Retries.STANDARD);
  }

  ModelHub(HubSettings settings, Retries retries) {
    this(settings, retries, WantedWeights.ALL, false);
  }

  private ModelHub(HubSettings settings, Retries retries, WantedWeights wanted, boolean refresh) {
    this.settings = requireNonNull(settings, "settings is null");
    this.retries = retries;
    this.wanted = requireNonNull(wanted, "wanted is null");
    this.refresh = refresh;
  }

  /** The hub and the cache that this process's environment variables name. */
  public static ModelHub ofEnvironment() {
    return new ModelHub(HubSettings.ofEnvironment());
  }

  /** The same hub, for other weights than all plain ones. */
  public ModelHub wanting(WantedWeights value) {
    return new ModelHub(settings, retries, value, refresh);
  }

  /**
   * The same hub, asked at each call where a branch or tag is now. If it has moved, what changed is
   * fetched into a snapshot of its own; the one before stays as it is.
   *
   * @throws UsageException if nobody is to be asked
   */
  public ModelHub refreshing() {
    if (settings.offline()) {
      throw new UsageException(
          "models cannot be refreshed offline; drop --refresh, or --offline and HF_HUB_OFFLINE");
    }
    return new ModelHub(settings, retries, wanted, true);
  }

  /** As {@link #folder(String, HubListener)}, with nobody who listens. */
  public Path folder(String pathOrName) {
    return folder(pathOrName, HubListener.NONE);
  }

  /**
   * The folder of a model, or of a part of one. What exists as a path is one, an autoencoder's two
   * halves too, and so is everything that does not look like {@code org/name[@revision]}, for
   * instance because it begins with {@code ./}.
   *
   * @param listener hears of a download
   * @return the path as it was given, or the model's folder in the cache
   * @throws ModelException if there is no such model, it may not be fetched, or it is damaged
   * @throws UsageException if a name or a revision is not one
   * @throws LssGenException if a download fails; what came of it is continued the next time
   */
  public Path folder(String pathOrName, HubListener listener) {
    try {
      Path path = Path.of(pathOrName);
      boolean there = Files.exists(path) || Checkpoint.hasHalves(path);
      if (there || !HubName.isMeant(pathOrName)) {
        return path;
      }
    } catch (InvalidPathException e) {
      throw new UsageException(
          "'%s' is neither a path nor a model's name: %s".formatted(pathOrName, e.getReason()));
    }
    return folder(HubName.parse(pathOrName), listener);
  }

  /**
   * The folder of a model of the hub, in the cache.
   *
   * @param listener hears of a download
   * @throws ModelException if there is no such model, it may not be fetched, or it is damaged
   * @throws LssGenException if a download fails; what came of it is continued the next time
   */
  public Path folder(HubName name, HubListener listener) {
    CachedRepository repository = new CachedRepository(settings, name);
    boolean mayHaveMoved = refresh && !name.isCommit();
    Optional<Snapshot> cached = repository.commit().map(repository::snapshot).map(this::look);
    if (!mayHaveMoved && cached.isPresent() && repository.isComplete(cached.get())) {
      return cached.get().folder();
    }
    if (settings.offline()) {
      throw notThere(name, repository);
    }
    return new ModelDownload(settings, name, retries, wanted, listener).run();
  }

  private Snapshot look(Path folder) {
    return Snapshot.of(folder, wanted);
  }

  private ModelException notThere(HubName name, CachedRepository repository) {
    String advice = "run once without --offline and HF_HUB_OFFLINE to fetch";
    Optional<Snapshot> begun = begun(repository);
    if (begun.isPresent()) {
      return new ModelException(
          "%s is half downloaded: in %s %s; %s the rest"
              .formatted(
                  name, begun.get().folder(), NeededFiles.some(begun.get().lacking()), advice));
    }
    if (!repository.snapshots().isEmpty()) {
      return new ModelException(
          "%s: revision '%s' is not in the cache %s, which has %s; name one of these, or %s it"
              .formatted(name.id(), name.revision(), settings.cache(), repository.known(), advice));
    }
    return new ModelException(
        "there is no folder %s, and no such model in the cache %s; %s it, or name a folder"
            .formatted(name, settings.cache(), advice));
  }

  /**
   * What a download of the revision has left; of any, while it is not known what that stands for.
   */
  private Optional<Snapshot> begun(CachedRepository repository) {
    Optional<String> commit = repository.commit();
    return repository.snapshots().stream()
        .filter(folder -> commit.isEmpty() || folder.endsWith(commit.get()))
        .map(this::look)
        .filter(snapshot -> !snapshot.isComplete())
        .findFirst();
  }

  /** What people call the model in {@code folder}, also where that is a commit in the cache. */
  public static String nameOf(Path folder) {
    return HubName.modelIn(folder);
  }
}
