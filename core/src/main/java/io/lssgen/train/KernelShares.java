package io.lssgen.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.lssgen.image.ResampleKernel;
import java.util.EnumMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Which kernels halve pictures, and how often.
 *
 * @param shares of each kernel, above 0; they need not add up to 1
 */
record KernelShares(Map<ResampleKernel, Double> shares) {
  KernelShares {
    shares = new EnumMap<>(shares); // in the enum's order: what is drawn depends on it
    if (shares.values().stream().anyMatch(share -> !(share > 0))) {
      throw new IllegalArgumentException("kernels: shares must be above 0, found " + shares);
    }
  }

  /** Means of four pixels, always. */
  static final KernelShares AREA = new KernelShares(Map.of(ResampleKernel.AREA, 1.0));

  /** Reads a table of names and shares, {@code {lanczos: 2, area: 1}}. */
  static KernelShares of(JsonNode table) {
    Map<ResampleKernel, Double> shares = new EnumMap<>(ResampleKernel.class);
    for (ResampleKernel kernel : ResampleKernel.values()) {
      if (table.has(kernel.label())) {
        shares.put(kernel, table.get(kernel.label()).asDouble());
      }
    }
    if (shares.isEmpty() || shares.size() != table.size()) {
      throw new IllegalArgumentException(
          "kernels wants a table of shares for some of %s, found %s"
              .formatted(ResampleKernel.labels(), table));
    }
    return new KernelShares(shares);
  }

  /** One of them. */
  ResampleKernel draw(SplittableRandom random) {
    double sum = shares.values().stream().mapToDouble(Double::doubleValue).sum();
    double left = random.nextDouble() * sum;
    ResampleKernel chosen = ResampleKernel.AREA;
    for (Map.Entry<ResampleKernel, Double> each : shares.entrySet()) {
      chosen = each.getKey();
      left -= each.getValue();
      if (left < 0) {
        break;
      }
    }
    return chosen;
  }
}
