package io.lssgen.model.clip;

import static io.lssgen.model.GoldenTensors.ROOT;
import static io.lssgen.model.GoldenTensors.maxError;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lssgen.errors.ModelException;
import io.lssgen.errors.UsageException;
import io.lssgen.model.Conditioning;
import io.lssgen.model.GoldenTensors;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.LiveHandles;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import io.lssgen.tensor.Tensors;
import io.lssgen.tensor.TorchRuntime;
import io.lssgen.text.ClipTokenizer;
import io.lssgen.text.GoldenTokenizers;
import io.lssgen.text.Tokenizers;
import io.lssgen.weights.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Against tools/golden/weighted_prompts.py; max abs error 1e-4, of SDXL 2e-5 of the largest. */
class ClipPromptsParityTest {
  private static final String GOLDEN = "weighted-prompts/";
  private static final double TOLERANCE = 1e-4;

  /** Of SDXL's states, which are not normalised, and up to 26 where prompts weigh much. */
  private static final double OF_LARGEST = 2e-5;

  @TempDir private Path temporary;
  private TensorScope scope;
  private ClipReader first;
  private ClipReader second;

  @BeforeEach
  void load() throws IOException {
    scope = TensorScope.open();
    first = reader("clip", "text_encoder");
    second = reader("clip-bang", "text_encoder_2");
  }

  @AfterEach
  void closeScope() {
    scope.close();
  }

  private ClipReader reader(String tokenizer, String encoder) throws IOException {
    ClipTextConfig config =
        ClipTextConfig.of(ModelConfig.read(ROOT.resolve(GOLDEN + encoder + "/config.json")));
    return new ClipReader(
        Tokenizers.clip(GoldenTokenizers.folder(tokenizer, temporary)),
        new ClipTextModel(
            GoldenTensors.read(GOLDEN + encoder + "/model.safetensors").parameters(), config),
        DType.F32);
  }

  private ClipPrompts stableDiffusion() {
    return new ClipPrompts(List.of(first), ClipPrompts.States.NORMALISED, false);
  }

  private ClipPrompts xl() {
    return new ClipPrompts(List.of(first, second), ClipPrompts.States.PLAIN, false);
  }

  private static double largest(Tensor tensor) {
    double largest = 0;
    for (float value : tensor.toFloatArray()) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  private static List<String> prompts() throws IOException {
    Set<String> prompts = new LinkedHashSet<>();
    for (JsonNode each :
        new ObjectMapper().readTree(ROOT.resolve(GOLDEN + "chunks.json").toFile())) {
      prompts.add(each.get("prompt").asText());
    }
    return List.copyOf(prompts);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void stableDiffusionWithClipSkip(int clipSkip) throws Exception {
    GoldenTensors golden = GoldenTensors.read(GOLDEN + "states.safetensors");
    List<String> prompts = prompts();
    for (int i = 0; i < prompts.size(); i++) {
      List<String> prompt = List.of(prompts.get(i));
      Conditioning made =
          stableDiffusion().encode(prompt, clipSkip, stableDiffusion().chunks(prompt));
      assertThat(maxError(made.states(), golden.tensor("sd." + clipSkip + "." + i)))
          .as("prompt %s", prompt)
          .isLessThan(TOLERANCE);
      assertThat(made.pooled()).isNull();
    }
  }

  @Test
  void bothEncodersOfXl() throws Exception {
    GoldenTensors golden = GoldenTensors.read(GOLDEN + "states.safetensors");
    List<String> prompts = prompts();
    for (int i = 0; i < prompts.size(); i++) {
      Conditioning made = xl().encode(List.of(prompts.get(i)));
      Tensor wanted = golden.tensor("xl." + i);
      assertThat(maxError(made.states(), wanted))
          .as("prompt %s", prompts.get(i))
          .isLessThan(OF_LARGEST * largest(wanted));
      Tensor pooled = Objects.requireNonNull(made.pooled());
      assertThat(maxError(pooled, golden.tensor("xl.pooled." + i))).isLessThan(TOLERANCE);
    }
  }

  @Test
  void aNegativePromptIsBroughtToTheLengthOfTheOther() throws Exception {
    GoldenTensors golden = GoldenTensors.read(GOLDEN + "states.safetensors");
    String negative = prompts().get(4);
    String positive = prompts().get(9);
    int chunks = xl().chunks(List.of(positive, negative));
    assertThat(chunks).isEqualTo(3);

    Conditioning apart = xl().encode(List.of(negative), 2, chunks);
    assertThat(maxError(apart.states(), golden.tensor("padded"))).isLessThan(TOLERANCE);
    Conditioning together = xl().encode(List.of(positive, negative));
    assertThat(maxError(together.states().narrow(0, 1, 1), golden.tensor("padded")))
        .isLessThan(TOLERANCE);
    assertThat(maxError(together.states().narrow(0, 0, 1), golden.tensor("xl.9")))
        .isLessThan(TOLERANCE);
  }

  /** Also beside a prompt that has weights. */
  @Test
  void withoutWeightsNoBitIsChanged() {
    String plain = "a red apple on a table, oil painting";
    ClipTokenizer tokenizer = second.tokenizer();
    long[] row = tokenizer.encode(plain, ClipTokenizer.MAX_LENGTH).ids();
    Tensor ids = Tensors.of(row, 1, row.length);
    Tensor both = Tensors.cat(List.of(ids, ids), 0);
    ClipPrompts alone = new ClipPrompts(List.of(second), ClipPrompts.States.PLAIN, false);
    ClipTextModel.Output output = second.model().forward(both, DType.F32);

    Tensor made = alone.encode(List.of(plain, "(" + plain + ":1)")).states();
    assertThat(made.toFloatArray()).isEqualTo(output.fromEnd(2).toFloatArray());
    made = alone.encode(List.of(plain, "(" + plain + ":1.3)")).states();
    assertThat(made.narrow(0, 0, 1).toFloatArray())
        .isEqualTo(output.fromEnd(2).narrow(0, 0, 1).toFloatArray());

    Tensor normalised = stableDiffusion().encode(List.of(plain)).states();
    row = first.tokenizer().encode(plain, ClipTokenizer.MAX_LENGTH).ids();
    output = first.model().forward(Tensors.of(row, 1, row.length), DType.F32);
    assertThat(normalised.toFloatArray()).isEqualTo(output.lastHiddenState().toFloatArray());
  }

  @Test
  void weightsKeepTheMeanOfAChunkInBfloat16Too() {
    ClipReader half = new ClipReader(second.tokenizer(), second.model(), DType.BF16);
    ClipPrompts prompts = new ClipPrompts(List.of(half), ClipPrompts.States.PLAIN, false);
    Tensor plain = prompts.encode(List.of("a red apple")).states();
    Tensor weighted = prompts.encode(List.of("a (red:1.3) apple")).states();

    assertThat(weighted.dtype()).isEqualTo(DType.BF16);
    double mean = plain.to(DType.F32).mean().item();
    assertThat(Math.abs(weighted.to(DType.F32).mean().item() / mean - 1)).isLessThan(1e-2);
  }

  @Test
  void whatIsNotReadIsWarnedOf() {
    assertThat(xl().warnings("a (red:1.2) apple BREAK " + "very ".repeat(200))).isEmpty();
    assertThat(xl().warnings("a\\b (x BREAK y)")).hasSize(2);
  }

  @Test
  void whatCannotBeMadeIsRefused() {
    assertThatThrownBy(() -> stableDiffusion().encode(List.of("apple"), 4, 1))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("clip skip", "4");
    String huge = "a red (apple:3" + "0".repeat(38) + ")";
    assertThatThrownBy(() -> stableDiffusion().encode(List.of(huge)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("weights");
    assertThatThrownBy(() -> stableDiffusion().encode(List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    ClipTextConfig config =
        ClipTextConfig.of(ModelConfig.read(ROOT.resolve("text-encoders/clip-plain/config.json")));
    ClipReader shorter =
        new ClipReader(
            first.tokenizer(),
            new ClipTextModel(
                GoldenTensors.read("text-encoders/clip-plain/model.safetensors").parameters(),
                config),
            DType.F32);
    assertThatThrownBy(
            () -> new ClipPrompts(List.of(first, shorter), ClipPrompts.States.PLAIN, false))
        .isInstanceOf(ModelException.class)
        .hasMessageContainingAll("77", "20");
  }

  @Test
  void encodingLeavesNothingBehind() {
    long before = LiveHandles.settled();
    for (int i = 0; i < 3; i++) {
      try (TensorScope inner = TensorScope.open()) {
        Conditioning made = xl().encode(List.of("a (red:1.2) apple BREAK a book", "a [dog]"));
        assertThat(made.states().allFinite()).isTrue();
        assertThat(inner).isNotNull();
      }
      assertThat(TorchRuntime.liveHandles()).isEqualTo(before);
    }
  }
}
