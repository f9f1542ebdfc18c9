package io.lssgen.train;

import static io.lssgen.train.TinyTrainees.THINGS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.lssgen.scenes.Mention;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Functional;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.text.Encoding;
import io.lssgen.text.T5Tokenizer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ThingsObjectiveTest {
  private static final ThingsObjective.Weights WEIGHTS =
      new ThingsObjective.Weights(1, 0.5, 0.125, 0.25);
  private static final ThingsObjective.Weights TEXT_ALONE = new ThingsObjective.Weights(0, 0, 0, 1);
  private static final String TOKENS = "things";
  private static final String PARTS = "parts";
  private static final String WORDS = "words";

  @TempDir Path folder;
  private final List<AutoCloseable> resources = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    TinyTrainees.close(resources);
  }

  private DenoiserTrainee trainee(ThingsObjective.Weights weights) {
    DenoiserTrainee trainee = TinyTrainees.things(weights, folder, resources);
    resources.add(trainee);
    return trainee;
  }

  private static double part(Map<String, Double> parts, String name) {
    return Objects.requireNonNull(parts.get(name));
  }

  @Test
  void freshReadersKnowNothingAndChangeNothing() {
    DenoiserTrainee asked = trainee(WEIGHTS);
    DenoiserTrainee plain = TinyTrainees.denoiser(DType.F32, folder, resources);
    resources.add(plain);
    try (TensorScope scope = TensorScope.open()) {
      double error = plain.loss(plain.parameters(), 0).total().item();
      Trainee.Loss loss = asked.loss(asked.parameters(), 0);
      assertThat(part(loss.parts(), "error")).isCloseTo(error, within(1e-6));
      double guess = Math.log(THINGS);
      assertThat(part(loss.parts(), TOKENS)).isCloseTo(guess, within(1e-6));
      double part = Math.log(CaptionedImages.PARTS);
      assertThat(part(loss.parts(), PARTS)).isCloseTo(part, within(1e-6));
      double place = Math.log(WordPlaces.COUNT);
      assertThat(part(loss.parts(), WORDS)).isCloseTo(place, within(1e-6));
      assertThat(loss.total().item())
          .isCloseTo(error + 0.5 * guess + 0.125 * part + 0.25 * place, within(1e-5));
      assertThat(scope).isNotNull();
    }
  }

  /** The pictures are noise that tells nothing: where things are is learnt from place and words. */
  @Test
  void tokensAndWordsLearnWhatIsWhereAndTheModelComesWithoutTheirReaders() {
    DenoiserTrainee trainee = trainee(WEIGHTS);
    double tokens = things(TOKENS, trainee);
    double parts = things(PARTS, trainee);
    double words = things(WORDS, trainee);
    learn(trainee);
    assertThat(things(PARTS, trainee)).isLessThan(0.85 * parts);
    assertThat(things(TOKENS, trainee)).isLessThan(0.8 * tokens);
    assertThat(things(WORDS, trainee)).isLessThan(0.75 * words);

    Path model = folder.resolve("run/model");
    assertThat(model.resolve("transformer/config.json")).exists();
    try (var files = Files.list(model)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.contains("reader"));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    requireBeginsAt(model);
  }

  private void learn(DenoiserTrainee trainee) {
    TrainingLoop.Settings settings =
        LoopSettings.constant(3e-3, 60)
            .optimizer(new AdamW.Settings(0.9, 0.95, 1e-8, 0, true))
            .microBatches(2, 2)
            .settings();
    new TrainingLoop(trainee, settings, folder.resolve("run"), TinyTrainees.SILENT).run();
  }

  @ParameterizedTest
  @ValueSource(strings = {TOKENS, PARTS})
  void oneOfBothMayBeAskedAlone(String asked) {
    boolean things = asked.equals(TOKENS);
    DenoiserTrainee trainee =
        trainee(new ThingsObjective.Weights(1, things ? 0.5 : 0, things ? 0 : 0.5, 0));
    try (TensorScope scope = TensorScope.open()) {
      Trainee.Loss loss = trainee.loss(trainee.parameters(), 0);
      assertThat(loss.parts()).containsOnlyKeys("error", asked);
      loss.total().backward();
      assertThat(scope).isNotNull();
    }
  }

  /** The denoiser does not run, and so stays as it was. */
  @Test
  void textEncodersLearnAlone() {
    DenoiserTrainee trainee = trainee(TEXT_ALONE);
    double before = things(WORDS, trainee);
    Map<String, float[]> weights = values(trainee);
    learn(trainee);
    assertThat(things(WORDS, trainee)).isLessThan(0.8 * before);
    values(trainee)
        .forEach(
            (path, now) -> {
              boolean same = Arrays.equals(now, weights.get(path));
              assertThat(same).as(path).isEqualTo(!path.matches("(text_encoder_2|word_).*"));
            });
  }

  private static Map<String, float[]> values(DenoiserTrainee trainee) {
    TrainableParameters parameters = trainee.parameters();
    Map<String, float[]> values = new HashMap<>();
    try (TensorScope scope = TensorScope.open();
        FlatParameters flat = new FlatParameters(parameters.layout(), parameters.values())) {
      flat.all().forEach((path, value) -> values.put(path, value.toFloatArray()));
      assertThat(scope).isNotNull();
    }
    return values;
  }

  @Test
  void placesAreThoseOfTheTokensThatName() {
    T5Tokenizer tokenizer = TinyTrainees.fluxTexts().t5Tokenizer();
    List<String> captions = List.of("A red apple, on the left of a blue book.", "", "a blue book");
    List<List<Mention>> mentions =
        List.of(
            List.of(new Mention(2, 11, 0.2, 0.5), new Mention(30, 39, 0.99, 0.34)),
            List.of(),
            List.of(new Mention(2, 11, 0.5, 1)));
    long[] places = WordPlaces.of(tokenizer, captions, mentions, 40);
    assertThat(named(tokenizer, captions.get(0), places, 0, 3))
        .isEqualTo(ids(tokenizer, "red apple"));
    assertThat(named(tokenizer, captions.get(0), places, 0, 5))
        .isEqualTo(ids(tokenizer, "blue book"));
    assertThat(Arrays.copyOfRange(places, 40, 80)).containsOnly(Functional.NO_CLASS);
    assertThat(named(tokenizer, captions.get(2), places, 80, 7))
        .isEqualTo(ids(tokenizer, "blue book"));
  }

  /** The tokens that are marked with a place. */
  private static List<Long> named(
      T5Tokenizer tokenizer, String caption, long[] places, int from, long place) {
    long[] ids = tokenizer.encode(caption, 40).ids();
    return IntStream.range(0, 40)
        .filter(i -> places[from + i] == place)
        .mapToObj(i -> ids[i])
        .toList();
  }

  private static List<Long> ids(T5Tokenizer tokenizer, String text) {
    Encoding encoding = tokenizer.encode(text);
    return Arrays.stream(encoding.ids()).limit(encoding.length() - 1L).boxed().toList();
  }

  private static double things(String name, DenoiserTrainee trainee) {
    double sum = 0;
    for (int i = 1000; i < 1010; i++) {
      try (TensorScope scope = TensorScope.open()) {
        sum += part(trainee.loss(trainee.parameters(), i).parts(), name);
        assertThat(scope).isNotNull();
      }
    }
    return sum / 10;
  }

  /** With the model's weights and readers that know nothing again. */
  private void requireBeginsAt(Path model) {
    DenoiserTrainee again = trainee(WEIGHTS);
    InitialWeights.load(
        model, again.parameters(), TinyTrainees.fluxWith(FluxParts.Readers.NONE)::mayBeginFresh);
    assertThat(things(TOKENS, again)).isCloseTo(Math.log(THINGS), within(1e-6));
    assertThat(things(WORDS, again)).isCloseTo(Math.log(WordPlaces.COUNT), within(1e-6));
  }

  @Test
  void lossesLeaveNoHandles() {
    DenoiserTrainee trainee = trainee(WEIGHTS);
    step(trainee, 0);
    long before = LiveHandles.settled();
    for (int i = 1; i < 6; i++) {
      step(trainee, i);
    }
    assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
  }

  private static void step(DenoiserTrainee trainee, long index) {
    try (TensorScope scope = TensorScope.open()) {
      trainee.loss(trainee.parameters(), index).total().backward();
      assertThat(scope).isNotNull();
    }
  }
}
