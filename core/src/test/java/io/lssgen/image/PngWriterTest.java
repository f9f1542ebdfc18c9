package io.lssgen.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile.IfExists;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.NodeList;

class PngWriterTest {
  @TempDir Path folder;

  private static RgbImage noise(int width, int height) {
    byte[] rgb = new byte[width * height * 3];
    new Random(1).nextBytes(rgb);
    return new RgbImage(width, height, rgb);
  }

  @Test
  void picturesAndTextsComeBack() {
    Path file = folder.resolve("a.png");
    List<PngText> texts =
        List.of(
            PngText.of("latin", "naïve\nline"),
            PngText.of("wide", "猫 \ud83d\ude00"),
            AiDisclosure.toPngText(Map.of()));
    PngWriter.write(file, noise(37, 5), texts, IfExists.REFUSE);
    assertThat(ImageFiles.read(file)).isEqualTo(noise(37, 5));
    assertThat(PngTexts.read(file)).isEqualTo(texts);
    assertThat(texts).extracting(PngText::international).containsExactly(false, true, true);
  }

  @Test
  void theRuntimesOwnReaderFindsTheTexts() throws IOException {
    byte[] png =
        PngWriter.encode(noise(3, 3), List.of(PngText.of("k", "é"), PngText.of("wide", "猫")));
    ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(png))) {
      reader.setInput(in);
      IIOMetadataNode root =
          (IIOMetadataNode) reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
      assertThat(value(root, "tEXtEntry", "value")).isEqualTo("é");
      assertThat(value(root, "iTXtEntry", "text")).isEqualTo("猫");
    } finally {
      reader.dispose();
    }
  }

  private static String value(IIOMetadataNode root, String element, String attribute) {
    NodeList nodes = root.getElementsByTagName(element);
    assertThat(nodes.getLength()).isEqualTo(1);
    return ((IIOMetadataNode) nodes.item(0)).getAttribute(attribute);
  }

  @Test
  void doesNotOverwriteUnlessTold() {
    Path file = folder.resolve("a.png");
    PngWriter.write(file, noise(1, 1), List.of(), IfExists.REFUSE);
    assertThatThrownBy(() -> PngWriter.write(file, noise(2, 2), List.of(), IfExists.REFUSE))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("already exists");
    assertThat(ImageFiles.read(file).width()).isEqualTo(1);
    PngWriter.write(file, noise(2, 2), List.of(), IfExists.REPLACE);
    assertThat(ImageFiles.read(file).width()).isEqualTo(2);
  }

  @Test
  void damagedFilesAreRefusedInOneLine() throws IOException {
    byte[] png = PngWriter.encode(noise(4, 4), List.of(PngText.of("key", "text")));
    Path file = folder.resolve("cut.png");
    for (int length = 0; length < png.length - 12; length++) {
      Files.write(file, Arrays.copyOf(png, length));
      assertThatThrownBy(() -> PngTexts.read(file))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("cut.png");
      assertNoHalfPicture(file);
    }
  }

  /** Only the last few bytes, a check sum, can be missing without harm to a pixel. */
  private static void assertNoHalfPicture(Path file) {
    try {
      assertThat(ImageFiles.read(file)).isEqualTo(noise(4, 4));
    } catch (UsageException e) {
      assertThat(e).hasMessageContaining("cut.png").hasMessageNotContaining("\n");
    }
  }

  @Test
  void hugeSizesAreRefusedBeforeMemoryIsTaken() throws IOException {
    byte[] png = PngWriter.encode(noise(4, 4), List.of());
    for (int place : new int[] {16, 20}) { // width and height in the IHDR chunk
      png[place] = 0x7f;
    }
    CRC32 sum = new CRC32();
    sum.update(png, 12, 17);
    ByteBuffer.wrap(png).putInt(29, (int) sum.getValue());
    Path file = Files.write(folder.resolve("huge.png"), png);
    assertThatThrownBy(() -> ImageFiles.read(file))
        .isInstanceOf(UsageException.class)
        .hasMessageContainingAll("huge.png", "at most 67108864 pixels", "2130706436x2130706436");
  }

  @Test
  void readsJpegAndRefusesOtherFormats() throws IOException {
    Path jpeg = folder.resolve("a.jpg");
    byte[] grey = new byte[16 * 16 * 3];
    Arrays.fill(grey, (byte) 100);
    ImageIO.write(new RgbImage(16, 16, grey).toBufferedImage(), "jpg", jpeg.toFile());
    assertThat(ImageFiles.read(jpeg).rgb()).containsOnly(100);

    ImageIO.write(noise(64, 64).toBufferedImage(), "jpg", jpeg.toFile());
    byte[] whole = Files.readAllBytes(jpeg);
    Path half = Files.write(folder.resolve("half.jpg"), Arrays.copyOf(whole, whole.length / 2));
    assertThatThrownBy(() -> ImageFiles.read(half)).hasMessageContaining("cut short");

    Path gif = folder.resolve("a.gif");
    ImageIO.write(noise(2, 2).toBufferedImage(), "gif", gif.toFile());
    assertThatThrownBy(() -> ImageFiles.read(gif)).hasMessageContaining("found gif");
    assertThatThrownBy(() -> ImageFiles.read(folder.resolve("no.png")))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("no such file");
    Path text = Files.writeString(folder.resolve("a.txt"), "hello");
    assertThatThrownBy(() -> ImageFiles.read(text)).hasMessageContaining("found neither");
  }

  @Test
  void refusesTextsThatNoChunkHolds() {
    for (String text : List.of("a\0b", "\ud83d")) {
      assertThatThrownBy(() -> PngText.of("key", text))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (String keyword : List.of("", " a", "a ", "ä", "a\0", "x".repeat(80))) {
      assertThatThrownBy(() -> PngText.of(keyword, "text"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void compressedTextsOfOtherToolsAreRead() throws IOException {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    data.write("k\0\0".getBytes(StandardCharsets.ISO_8859_1));
    try (var deflater = new DeflaterOutputStream(data)) {
      deflater.write(new byte[PngChunks.MAXIMUM_TEXT_BYTES + 1]);
    }
    assertThat(PngChunks.decode("zTXt", data.toByteArray())).isEmpty();

    data.reset();
    data.write("k\0\1\0\0\0".getBytes(StandardCharsets.ISO_8859_1));
    try (var deflater = new DeflaterOutputStream(data)) {
      deflater.write("猫".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(PngChunks.decode("iTXt", data.toByteArray()))
        .contains(PngText.international("k", "猫"));
  }
}
