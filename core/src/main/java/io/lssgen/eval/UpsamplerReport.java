package io.lssgen.eval;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What {@link UpsamplerEvaluation} found, for people and for programs.
 *
 * @param settings what was measured, by name
 * @param rows one for each way
 * @param skipped pictures that were left out, and why
 */
public record UpsamplerReport(
    Map<String, String> settings, List<UpsamplerEvaluation.Row> rows, List<String> skipped) {
  private static final ObjectMapper JSON = new ObjectMapper();

  public UpsamplerReport {
    rows = List.copyOf(rows);
    skipped = List.copyOf(skipped);
  }

  /** A table, with what was left out below it. */
  public String human() {
    StringBuilder text = new StringBuilder();
    settings.forEach((name, value) -> text.append(name + ": " + value + '\n'));
    int width = Math.max(20, rows.stream().mapToInt(row -> row.way().length()).max().orElse(0));
    String head = "%-" + width + "s  %10s  %7s  %6s  %11s  %9s%n";
    String line = "%-" + width + "s  %10.4f  %7.2f  %6.4f  %11.2f  %9.4f%n";
    text.append(
        String.format(
            Locale.ROOT, head, "", "latent MSE", "PSNR dB", "SSIM", "spectrum dB", "s/Mpixel"));
    for (UpsamplerEvaluation.Row row : rows) {
      text.append(
          String.format(
              Locale.ROOT,
              line,
              row.way(),
              row.latentError(),
              row.psnr(),
              row.ssim(),
              row.spectrum(),
              row.seconds()));
    }
    skipped.forEach(each -> text.append(each).append('\n'));
    return text.toString();
  }

  /** One object: settings, {@code ways} with a row each, {@code skipped}. */
  public String json() {
    ObjectNode json = JSON.createObjectNode();
    settings.forEach(json::put);
    ArrayNode ways = json.putArray("ways");
    for (UpsamplerEvaluation.Row row : rows) {
      ways.addObject()
          .put("way", row.way())
          .put("latent_mse", row.latentError())
          .put("psnr", row.psnr())
          .put("ssim", row.ssim())
          .put("spectrum_error", row.spectrum())
          .put("seconds_per_megapixel", row.seconds());
    }
    ArrayNode left = json.putArray("skipped");
    skipped.forEach(left::add);
    return json.toPrettyString();
  }
}
