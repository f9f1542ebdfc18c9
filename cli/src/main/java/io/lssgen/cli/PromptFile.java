package io.lssgen.cli;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.UsageException;
import io.lssgen.pipeline.GenerationRequest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A prompt from a file, or from another program. */
final class PromptFile {
  private static final String STANDARD_INPUT = "-";

  /** Four bytes are the longest character. */
  private static final int MAXIMUM_BYTES = 4 * GenerationRequest.MAXIMUM_PROMPT;

  private static final String BYTE_ORDER_MARK = "\ufeff";

  private PromptFile() {}

  /**
   * The text without the blanks around it.
   *
   * @param file path, or {@code -}
   * @throws UsageException if it cannot be read, is no UTF-8 or longer than any prompt
   */
  static String read(String file) {
    try (InputStream in =
        file.equals(STANDARD_INPUT) ? System.in : Files.newInputStream(Path.of(file))) {
      byte[] bytes = in.readNBytes(MAXIMUM_BYTES + 1);
      if (bytes.length > MAXIMUM_BYTES) {
        throw new UsageException(
            "the prompt in %s is too long: wanted at most %d bytes".formatted(file, MAXIMUM_BYTES));
      }
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return withoutMark(text).strip();
    } catch (CharacterCodingException e) {
      throw new UsageException(
          "the prompt in %s is no UTF-8 text; save it as such".formatted(file));
    } catch (IOException e) {
      throw new UsageException("cannot read the prompt in %s: %s".formatted(file, IoReason.of(e)));
    }
  }

  /** A file's text without what some editors begin it with. */
  static String withoutMark(String text) {
    return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
  }
}
