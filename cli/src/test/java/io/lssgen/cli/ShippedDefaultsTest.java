package io.lssgen.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.pipeline.EmbeddedModel;
import io.lssgen.schedule.FlowMatchEulerConfig;
import io.lssgen.train.TrainingConfig;
import io.lssgen.weights.ModelConfig;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the models that come along do by default is what their configurations say. */
class ShippedDefaultsTest {
  /** Fields that the trainer adds. */
  private static final Set<String> ADDED = Set.of("vocabulary", "lora");

  @ParameterizedTest
  @CsvSource({
    "emoji-flux, denoiser-guided.yaml",
    "emoji-xl, xl-256.yaml",
    "emoji-xl-lcm, xl-lcm.yaml"
  })
  void equalTheirConfigurations(String model, String config) {
    Path folder = EmbeddedModel.named(model).orElseThrow();
    Map<String, Object> shipped = fields(ModelConfig.read(folder.resolve("lssgen.json")));
    ADDED.forEach(shipped::remove);
    Path file = Path.of("../configs/emoji").resolve(config);
    assertThat(fields(TrainingConfig.read(file).modelSection("defaults", shipped.keySet())))
        .isEqualTo(shipped);
  }

  @Test
  void theSchedulerEqualsItsConfiguration() {
    Path folder = EmbeddedModel.named("emoji-flux").orElseThrow();
    Map<String, Object> shipped =
        fields(ModelConfig.read(folder.resolve("scheduler/scheduler_config.json")));
    TrainingConfig config = TrainingConfig.read(Path.of("../configs/emoji/denoiser-guided.yaml"));
    Map<String, Object> configured =
        fields(config.modelSection("scheduler", FlowMatchEulerConfig.SCHEDULE_FIELDS));
    assertThat(configured).containsKeys("stochastic_sampling", "base_shift");
    assertThat(shipped).containsAllEntriesOf(configured);
  }

  /** Numbers as fp64, since 5 and 5.0 are the same. */
  private static Map<String, Object> fields(ModelConfig config) {
    Map<String, Object> fields = new TreeMap<>();
    config
        .fields()
        .fields()
        .forEachRemaining(field -> fields.put(field.getKey(), value(field.getValue())));
    return fields;
  }

  private static Object value(JsonNode value) {
    return value.isNumber() ? (Object) value.asDouble() : value.toString();
  }
}
