package io.lssgen.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.util.Objects.requireNonNull;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.UsageException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads the texts that travel in a PNG file; the pixels are not decoded. */
public final class PngTexts {
  /** A small file may hold many texts that grow a thousandfold when they are inflated. */
  private static final int MAXIMUM_CHARACTERS = 16 << 20;

  private PngTexts() {}

  /**
   * All texts of the file, in their order: {@code tEXt}, {@code zTXt} and {@code iTXt} chunks.
   * Texts of more than 4 MiB and texts that break the format's rules are left out.
   *
   * @throws UsageException when the file is missing, is no PNG file or is cut short
   */
  public static List<PngText> read(Path file) {
    requireNonNull(file, "file is null");
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
      return read(in, file.toString());
    } catch (IOException e) {
      throw new UsageException("cannot read %s: %s".formatted(file, IoReason.of(e)));
    }
  }

  /** Whether a file begins as PNG files do. */
  public static boolean isPng(byte[] file) {
    return file.length >= Long.BYTES && ByteBuffer.wrap(file).getLong() == PngChunks.SIGNATURE;
  }

  /**
   * As {@link #read(Path)}, of PNG data from anywhere. Once all texts together have 16 MiB, those
   * that follow are left out.
   *
   * @param name what errors call the data
   */
  public static List<PngText> read(InputStream data, String name) {
    try {
      DataInputStream in = new DataInputStream(data);
      if (in.readLong() != PngChunks.SIGNATURE) {
        throw new UsageException("cannot read %s: wanted a PNG file".formatted(name));
      }
      return readChunks(in);
    } catch (EOFException e) {
      throw new UsageException(
          "cannot read %s: wanted a whole PNG file, found its end too early".formatted(name));
    } catch (IOException e) {
      throw new UsageException("cannot read %s: %s".formatted(name, IoReason.of(e)));
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
    int spent = 0;
    while (true) {
      int length = in.readInt();
      String type = new String(in.readNBytes(4), ISO_8859_1);
      if (type.equals("IEND")) {
        return texts;
      }
      if (length < 0) {
        throw new EOFException(); // longer than any PNG chunk may be, so the file cannot hold it
      }
      if (PngChunks.isText(type)
          && length <= PngChunks.MAXIMUM_TEXT_BYTES
          && spent < MAXIMUM_CHARACTERS) {
        byte[] data = in.readNBytes(length); // grows with what is there, not with what is claimed
        if (data.length < length) {
          throw new EOFException();
        }
        Optional<PngText> text = PngChunks.decode(type, data);
        text.ifPresent(texts::add);
        // One that was left out may have been inflated to the limit before that was seen.
        spent += text.map(each -> each.text().length()).orElse(PngChunks.MAXIMUM_TEXT_BYTES);
      } else {
        in.skipNBytes(length);
      }
      in.skipNBytes(4); // check sum
    }
  }
}
