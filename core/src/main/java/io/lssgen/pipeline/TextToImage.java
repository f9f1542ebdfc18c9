package io.lssgen.pipeline;

import io.lssgen.image.RgbImage;
import io.lssgen.model.ComponentTypes;
import io.lssgen.model.PictureInput;
import io.lssgen.model.TokenCount;
import io.lssgen.sampling.Cancellation;
import io.lssgen.sampling.StagePlan;
import io.lssgen.schedule.SamplingMethod;
import io.lssgen.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * A loaded model that makes pictures from prompts. May be called from any thread: requests wait for
 * their turn on the one thread that does all tensor work. Opened by {@link PipelineLoader} or
 * {@code io.lssgen.LssGen}.
 */
public final class TextToImage implements AutoCloseable {
  private final Path folder;
  private final EngineThread engine;
  private final LoadedModel loaded;
  private boolean closed;

  TextToImage(Path folder, EngineThread engine, LoadedModel loaded) {
    this.folder = folder;
    this.engine = engine;
    this.loaded = loaded;
  }

  /** The model's folder or file. */
  public Path folder() {
    return folder;
  }

  /** The family's name, for instance {@code FLUX.1}. */
  public String family() {
    return loaded.model().family();
  }

  /** Ten hexadecimal digits that tell the denoiser's weights apart from others'. */
  public String weights() {
    return loaded.weights();
  }

  /** What the model's components compute in. */
  public ComponentTypes types() {
    return loaded.types();
  }

  /** Whether a picture without a mask is looked at all the way instead of begun with. */
  public boolean looksAtPictures() {
    return loaded.model().denoiser().shown() == PictureInput.REFERENCE;
  }

  /** What a request gets where it says nothing. */
  public ModelDefaults defaults() {
    return loaded.defaults();
  }

  /**
   * The stages that {@code request} would go through; nothing is computed.
   *
   * @throws io.lssgen.errors.UsageException if it cannot be carried out as it is
   */
  public StagePlan plan(GenerationRequest request) {
    return loaded.plan(request, loaded.scheduler(request));
  }

  /**
   * The sampling method of {@code request} and how its noise levels are spaced; nothing is
   * computed.
   *
   * @throws io.lssgen.errors.UsageException if the model has no use for what it wishes
   */
  public SamplingMethod.Titles sampling(GenerationRequest request) {
    return loaded.sampling(request);
  }

  /**
   * How the pictures of {@code request} would be made, as their files say it; nothing is computed.
   *
   * @throws io.lssgen.errors.UsageException if it cannot be carried out as it is
   */
  public Recipe recipe(GenerationRequest request) {
    return loaded.recipe(request, loaded.scheduler(request));
  }

  /**
   * What the user should know about a request, a sentence each: what has no effect, what is not
   * read, what of the plan might surprise. Mostly empty; nothing is computed, and it may be asked
   * during a run.
   *
   * @param recipe the request's, as {@link #recipe} gives it
   */
  public List<String> warnings(Recipe recipe) {
    return Stream.concat(
            RequestWarnings.of(loaded, recipe).stream(), recipe.plan().notes().stream())
        .toList();
  }

  /** How long {@code prompt} is for this model; may be asked during a run. */
  public TokenCount tokens(String prompt) {
    return loaded.model().prompts().tokens(prompt);
  }

  /**
   * The picture that clean latents stand for. For listeners alone: it computes on the thread that
   * calls, which must be the engine's.
   *
   * @param clean [1, C, h, w], as a listener is given them
   * @param maximumSide pixels; larger latents are shrunk before they are decoded
   */
  public RgbImage preview(Tensor clean, int maximumSide) {
    return loaded.preview(clean, maximumSide);
  }

  /** As {@link #generate(GenerationRequest, GenerationListener, Cancellation)}, unwatched. */
  public GenerationResult generate(GenerationRequest request) {
    return generate(request, GenerationListener.NONE, new Cancellation());
  }

  /**
   * Makes the pictures, one after the other: picture i of a request is the same, to the bit, as one
   * made alone with the seed + i.
   *
   * @param listener hears of every picture, stage and step, on the engine's thread
   * @param cancellation lets another thread stop the run; interrupting this thread does as well
   * @throws io.lssgen.errors.UsageException if the request cannot be carried out as it is
   * @throws io.lssgen.errors.ModelException if it needs an upsampler and there is none, or only a
   *     damaged one
   * @throws io.lssgen.errors.MemoryException if the memory does not suffice
   * @throws io.lssgen.sampling.CancelledException if it was cancelled
   * @throws io.lssgen.errors.LssGenException if a picture's values are NaN or infinite; those
   *     before it have reached the listener
   */
  public GenerationResult generate(
      GenerationRequest request, GenerationListener listener, Cancellation cancellation) {
    return engine.call(
        () -> new GenerationRun(loaded, request, listener, cancellation).run(),
        cancellation::cancel);
  }

  /** Frees the model. Twice is harmless; a run that is under way is finished first. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    engine.call(
        () -> {
          loaded.close();
          return true;
        },
        () -> {});
    engine.close();
  }
}
