package io.lssgen.server.pictures;

import com.luciad.imageio.webp.WebPImageWriterSpi;
import io.lssgen.errors.IoReason;
import io.lssgen.errors.LssGenException;
import io.lssgen.image.AiDisclosure;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.PngText;
import io.lssgen.image.PngWriter;
import io.lssgen.image.RgbImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * The file formats that pictures are given out in. Made in memory: Java's own files for this are
 * bound to the process' end, and none can be made any more while it ends.
 */
public enum PictureFormat {
  PNG,
  JPEG,
  WEBP;

  /** The quality where a client does not say, as OpenAI has it. */
  public static final int BEST = 100;

  /** The name clients give, {@code png}, {@code jpeg} or {@code webp}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The media type. */
  public String type() {
    return "image/" + label();
  }

  /** All {@link #label()}s. */
  public static String[] labels() {
    return Arrays.stream(values()).map(PictureFormat::label).toArray(String[]::new);
  }

  /** The format of this {@link #label()}. */
  public static PictureFormat of(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }

  /**
   * Writes a picture with the statement that a model made it.
   *
   * @param parameters its settings, in AUTOMATIC1111's text form; empty: none
   * @param quality 0 to 100, of JPEG and WebP
   */
  public byte[] encode(RgbImage image, String parameters, int quality) {
    PngText made =
        AiDisclosure.toPngText(GenerationMetadata.parseParameters(parameters).settings());
    String xmp = made.text();
    return switch (this) {
      case PNG ->
          PngWriter.encode(
              image,
              parameters.isEmpty()
                  ? List.of(made)
                  : List.of(PngText.of("parameters", parameters), made));
      case JPEG -> Texts.intoJpeg(compressed(image, "jpeg", quality), xmp, parameters);
      case WEBP -> Texts.intoWebp(compressed(image, "webp", quality), xmp, parameters, image);
    };
  }

  /** A picture for looking at while it comes about: small and quick. */
  public static byte[] preview(RgbImage image) {
    return compressed(image, "jpeg", 80);
  }

  /** The picture of a PNG file that this server wrote. */
  public static RgbImage decode(byte[] png) {
    try {
      InputStream in = new ByteArrayInputStream(png);
      return RgbImage.of(ImageIO.read(new MemoryCacheImageInputStream(in)));
    } catch (IOException e) {
      throw new LssGenException("a stored picture is damaged: " + IoReason.of(e), e);
    }
  }

  private static byte[] compressed(RgbImage image, String format, int quality) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageWriter writer = null;
    try (ImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writer = writer(format);
      ImageWriteParam settings = writer.getDefaultWriteParam();
      settings.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
      if (format.equals("webp")) {
        settings.setCompressionType("Lossy");
      }
      settings.setCompressionQuality(Math.max(1, quality) / 100f);
      writer.setOutput(out);
      writer.write(null, new IIOImage(image.toBufferedImage(), null, null), settings);
      out.flush();
    } catch (IOException e) {
      throw new LssGenException("cannot write %s as %s: %s".formatted(image, format, e), e);
    } finally {
      if (writer != null) {
        writer.dispose();
      }
    }
    return bytes.toByteArray();
  }

  private static ImageWriter writer(String format) throws IOException {
    return format.equals("webp")
        ? new WebPImageWriterSpi().createWriterInstance(null)
        : ImageIO.getImageWritersByFormatName(format).next();
  }
}
