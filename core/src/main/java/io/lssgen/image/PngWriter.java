package io.lssgen.image;

import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile;
import io.lssgen.files.AtomicFile.IfExists;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Writes pictures as PNG files with texts in them, each file whole or not at all. */
public final class PngWriter {
  private PngWriter() {}

  /**
   * Writes a picture.
   *
   * @param file where to; its folder must exist
   * @param texts written in this order between the file's head and its pixels
   * @throws UsageException when the file is there already and {@code ifExists} refuses, or its
   *     folder is not there
   * @throws LssGenException when it cannot be written; an older file is then unchanged
   */
  public static void write(Path file, RgbImage image, List<PngText> texts, IfExists ifExists) {
    AtomicFile.write(file, ifExists, encode(image, texts));
  }

  /** The whole PNG file in memory: the same picture and texts give the same bytes. */
  public static byte[] encode(RgbImage image, List<PngText> texts) {
    try {
      byte[] plain = withoutTexts(image);
      ByteArrayOutputStream png = new ByteArrayOutputStream(plain.length + 4096);
      png.write(plain, 0, PngChunks.HEAD_BYTES);
      for (PngText text : texts) {
        png.write(PngChunks.encode(text));
      }
      png.write(plain, PngChunks.HEAD_BYTES, plain.length - PngChunks.HEAD_BYTES);
      return png.toByteArray();
    } catch (IOException e) {
      throw new LssGenException("cannot encode " + image + " as PNG: " + IoReason.of(e), e);
    }
  }

  /** In memory: the files that Java would use otherwise cannot be had while the process ends. */
  private static byte[] withoutTexts(RgbImage image) throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(png)) {
      if (!ImageIO.write(image.toBufferedImage(), "png", out)) {
        throw new LssGenException("this Java runtime has no PNG writer; use a full JDK");
      }
    }
    return png.toByteArray();
  }
}
