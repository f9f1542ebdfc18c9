package io.lssgen.lora;

import static io.lssgen.model.GoldenTensors.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import io.lssgen.lora.ModuleNames.Rows;
import io.lssgen.model.GoldenSingleFiles;
import io.lssgen.model.GoldenSingleFiles.Original;
import io.lssgen.model.GoldenSingleFiles.Target;
import io.lssgen.model.GoldenTensors;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The keys of kohya's files for all modules of the published models mean to us what they mean to
 * diffusers (tools/golden/lora_keys.py, full_size_parameters.py). Tolerance: none.
 */
class LoraKeysParityTest {
  private static final Comparator<Rows> ORDER =
      Comparator.comparing(Rows::parameter).thenComparing(Rows::row);

  private static Map<String, long[]> shapes(String component) throws IOException {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    GoldenTensors.shapes("full-size/" + component + ".txt.gz")
        .forEach(
            (name, sides) ->
                shapes.put(
                    name,
                    Arrays.stream(sides.split(",", -1)).mapToLong(Long::parseLong).toArray()));
    return shapes;
  }

  /** Keys to the modules that they change, as the golden file has them. */
  private static Map<String, List<String>> keys(String component) throws IOException {
    Map<String, List<String>> keys = new LinkedHashMap<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(
                    Files.newInputStream(ROOT.resolve("lora/" + component + ".txt.gz"))),
                StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        List<String> fields = List.of(line.split("\t", -1));
        keys.put(fields.get(0), fields.subList(1, fields.size()));
      }
    }
    return keys;
  }

  @ParameterizedTest
  @CsvSource({
    "sd15-unet, lora_unet_, 282",
    "sdxl-unet, lora_unet_, 794",
    "flux-dev-transformer, lora_unet_, 314",
    "clip-l-text, lora_te1_, 72",
    "clip-big-g-text, lora_te2_, 193"
  })
  void everyModuleHasItsKey(String component, String prefix, int count) throws IOException {
    Map<String, long[]> shapes = shapes(component);
    ModuleNames names = ModuleNames.of(shapes);
    Map<String, List<String>> keys = keys(component);
    Set<String> reached = new TreeSet<>();

    assertThat(keys).hasSize(count);
    keys.forEach(
        (key, modules) -> {
          List<Rows> found = new ArrayList<>(names.find(key.substring(prefix.length())));
          found.sort(ORDER);
          List<Rows> wanted = rows(modules, shapes);
          wanted.sort(ORDER);
          assertThat(found).as(key).isEqualTo(wanted);
          found.forEach(each -> reached.add(each.parameter()));
        });
    assertThat(reached).isEqualTo(layers(shapes));
  }

  /**
   * kohya's keys of Stable Diffusion 3 are the original names, which diffusers has no table for.
   */
  @ParameterizedTest
  @CsvSource({
    "sd3-medium, sd3-medium-transformer",
    "sd35-medium, sd35-medium-transformer",
    "sd35-large, sd35-large-transformer"
  })
  void originalNamesOfStableDiffusion3AreKeys(String kind, String component) throws IOException {
    Map<String, long[]> shapes = shapes(component);
    ModuleNames names = ModuleNames.of(shapes);
    Set<String> reached = new TreeSet<>();
    for (Original original : GoldenSingleFiles.originals(kind)) {
      if (original.shape().size() > 1
          && original.name().matches("model\\.diffusion_model\\..*\\.weight")) {
        String module = original.name().replaceAll("model\\.diffusion_model\\.|\\.weight", "");
        List<Rows> wanted = rows(original, shapes);
        assertThat(names.find(module.replace('.', '_'))).as(module).isEqualTo(wanted);
        wanted.forEach(each -> reached.add(each.parameter()));
      }
    }
    assertThat(reached).isEqualTo(layers(shapes));
  }

  /** The parts that diffusers makes of a tensor, one after the other, halves swapped or not. */
  private static List<Rows> rows(Original original, Map<String, long[]> shapes) {
    List<Rows> rows = new ArrayList<>();
    long begin = 0;
    for (Target target : original.targets()) {
      long count = shapes.get(target.name())[0];
      if (target.mark().equals("~")) {
        long half = count / 2;
        rows.add(new Rows(target.name(), half, begin, half));
        rows.add(new Rows(target.name(), 0, begin + half, half));
      } else {
        rows.add(new Rows(target.name(), 0, begin, count));
      }
      begin += count;
    }
    return rows;
  }

  /** Lines have whole modules, or runs as {@code module:row of the file:count}. */
  private static List<Rows> rows(List<String> modules, Map<String, long[]> shapes) {
    List<Rows> rows = new ArrayList<>();
    Map<String, Long> begins = new LinkedHashMap<>();
    for (String field : modules) {
      String[] parts = field.split(":", -1);
      String parameter = parts[0] + ".weight";
      long count = parts.length == 1 ? shapes.get(parameter)[0] : Long.parseLong(parts[2]);
      long begin = begins.merge(parameter, count, Long::sum) - count;
      rows.add(new Rows(parameter, begin, parts.length == 1 ? 0 : Long.parseLong(parts[1]), count));
    }
    return rows;
  }

  /** Linear layers and convolutions; tables of embeddings have no LoRA keys. */
  private static Set<String> layers(Map<String, long[]> shapes) {
    Set<String> layers = new TreeSet<>();
    shapes.forEach(
        (name, shape) -> {
          if (name.endsWith(".weight") && shape.length > 1 && !name.contains("embeddings.")) {
            layers.add(name);
          }
        });
    return layers;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sd15-unet",
        "sdxl-unet",
        "lcm-sdxl-unet",
        "flux-dev-transformer",
        "sd3-medium-transformer",
        "sd35-large-transformer",
        "clip-l-text",
        "clip-big-g-text",
        "t5-xxl-encoder"
      })
  void ourOwnNamesMeanThemselves(String component) throws IOException {
    Map<String, long[]> shapes = shapes(component);
    ModuleNames names = ModuleNames.of(shapes);

    for (String parameter : layers(shapes)) {
      String module = parameter.substring(0, parameter.length() - ".weight".length());
      Rows whole = new Rows(parameter, 0, 0, shapes.get(parameter)[0]);
      assertThat(names.find(module)).containsExactly(whole);
      assertThat(names.find(module.replace('.', '_'))).containsExactly(whole);
    }
  }
}
