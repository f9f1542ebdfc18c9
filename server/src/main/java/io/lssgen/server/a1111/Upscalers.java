package io.lssgen.server.a1111;

import io.lssgen.scaling.ScalingSpace;
import io.lssgen.server.http.ApiException;
import java.util.LinkedHashMap;
import java.util.Map;

/** The ways of scaling, by the names that clients of AUTOMATIC1111 choose upscalers by. */
final class Upscalers {
  static final String NEURAL = "Latent (LSSGen)";
  private static final Map<String, ScalingSpace> NAMES = new LinkedHashMap<>();

  static {
    NAMES.put(NEURAL, ScalingSpace.NEURAL);
    NAMES.put("Latent", ScalingSpace.NEURAL); // what clients choose that know no others
    NAMES.put("Latent (bicubic)", ScalingSpace.BICUBIC);
    NAMES.put("Pixel (bicubic)", ScalingSpace.PIXEL);
  }

  private Upscalers() {}

  /** All names. */
  static Iterable<String> names() {
    return NAMES.keySet();
  }

  /**
   * The space of this name.
   *
   * @throws ApiException if there is none
   */
  static ScalingSpace scaling(String name) {
    ScalingSpace space = NAMES.get(name);
    if (space == null) {
      throw ApiException.unprocessable(
          "hr_upscaler", "hr_upscaler wants one of " + String.join(", ", NAMES.keySet()));
    }
    return space;
  }
}
