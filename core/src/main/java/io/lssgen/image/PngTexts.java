package io.lssgen.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;

import io.lssgen.errors.UsageException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the texts that travel in a PNG file; the pixels are not decoded. */
public final class PngTexts {
  private PngTexts() {}

  /**
   * All texts of the file, in their order: {@code tEXt}, {@code zTXt} and {@code iTXt} chunks.
   * Texts of more than 4 MiB and texts that break the format's rules are left out.
   *
   * @throws UsageException when the file is missing, is no PNG file or is cut short
   */
  public static List<PngText> read(Path file) {
    requireNonNull(file, "file is null");
    try (DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      if (in.readLong() != PngChunks.SIGNATURE) {
        throw new UsageException("cannot read %s: wanted a PNG file".formatted(file));
      }
      return readChunks(in);
    } catch (EOFException e) {
      throw new UsageException(
          "cannot read %s: wanted a whole PNG file, found its end too early".formatted(file));
    } catch (IOException e) {
      throw new UsageException("cannot read %s: %s".formatted(file, e.getMessage()));
    }
  }

  /** The first text of {@code file} with this keyword. */
  public static Optional<String> read(Path file, String keyword) {
    return read(file).stream()
        .filter(text -> text.keyword().equals(keyword))
        .map(PngText::text)
        .findFirst();
  }

  private static List<PngText> readChunks(DataInputStream in) throws IOException {
    List<PngText> texts = new ArrayList<>();
    while (true) {
      int length = in.readInt();
      String type = new String(in.readNBytes(4), ISO_8859_1);
      if (type.equals("IEND")) {
        return texts;
      }
      if (length < 0) {
        throw new EOFException(); // longer than any PNG chunk may be, so the file cannot hold it
      }
      if (PngChunks.isText(type) && length <= PngChunks.MAXIMUM_TEXT_BYTES) {
        byte[] data = in.readNBytes(length); // grows with what is there, not with what is claimed
        if (data.length < length) {
          throw new EOFException();
        }
        PngChunks.decode(type, data).ifPresent(texts::add);
      } else {
        in.skipNBytes(length);
      }
      in.skipNBytes(4); // check sum
    }
  }
}
