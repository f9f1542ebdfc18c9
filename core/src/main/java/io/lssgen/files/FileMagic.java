package io.lssgen.files;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Tells by its first bytes what a file is that is not what its name says. */
public final class FileMagic {
  /** How many first bytes are looked at. */
  public static final int BYTES = 16;

  private static final String PICKLE =
      "a pickle, which can run any code when read; wanted safetensors";

  /** First bytes, as Latin-1, and what they mean. */
  private static final Map<String, String> SIGNS = signs();

  private FileMagic() {}

  private static Map<String, String> signs() {
    Map<String, String> signs = new LinkedHashMap<>();
    signs.put("PK\3\4", "a zip archive as PyTorch writes it, which holds " + PICKLE);
    for (char protocol = 2; protocol <= 5; protocol++) {
      signs.put("\u0080" + protocol, PICKLE);
    }
    signs.put("version https://", "a Git LFS pointer, not the file itself; run git lfs pull");
    signs.put("GGUF", "a GGUF file; wanted safetensors");
    signs.put("<!DOCTYPE", "a web page, not the file that was asked for; fetch it again");
    signs.put("<html", "a web page, not the file that was asked for; fetch it again");
    signs.put("\0".repeat(BYTES), "zeros where data belong: half downloaded; fetch it again");
    return signs;
  }

  /**
   * What begins with these bytes, and what to do about it, for the end of a sentence that says
   * "found"; empty if they are no known sign.
   *
   * @param start at least the first {@value #BYTES} bytes, or all if there are fewer
   */
  public static Optional<String> of(byte[] start) {
    int length = Math.min(start.length, BYTES);
    String text = new String(start, 0, length, StandardCharsets.ISO_8859_1);
    return SIGNS.entrySet().stream()
        .filter(sign -> text.startsWith(sign.getKey()))
        .map(Map.Entry::getValue)
        .findFirst();
  }
}
