package io.lssgen.server.a1111;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.javalin.http.Context;
import io.lssgen.errors.UsageException;
import io.lssgen.image.GenerationMetadata;
import io.lssgen.image.ImageFiles;
import io.lssgen.image.PngText;
import io.lssgen.image.PngTexts;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.Fields;
import io.lssgen.server.http.Json;
import io.lssgen.server.pictures.EncodedPicture;
import io.lssgen.server.pictures.PictureComment;
import io.lssgen.server.pictures.PictureSettings;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Reads a picture's settings back. Its pixels are never decoded, and no address is ever fetched.
 *
 * @param bodies reads requests
 */
record PngInfo(Bodies bodies) {
  /** Where the width stands in a PNG file; the height follows. */
  private static final int WIDTH = 16;

  void answer(Context context) {
    Json.answer(context, bodies.withPicture(context, fields -> info(context, fields)));
  }

  private static ObjectNode info(Context context, Fields fields) {
    String image =
        fields
            .text("image", Bodies.PICTURE)
            .orElseThrow(() -> ApiException.malformed("image", EncodedPicture.wanted("image")));
    fields.answerWarnings(context);
    byte[] file = new EncodedPicture("image", image).file();
    List<PngText> texts;
    try {
      texts = texts(file);
    } catch (UsageException e) {
      throw ApiException.unprocessable("image", String.valueOf(e.getMessage()));
    }
    return body(texts);
  }

  private static List<PngText> texts(byte[] file) {
    if (PngTexts.isPng(file)) {
      checkSize(file);
      return PngTexts.read(new ByteArrayInputStream(file), "the picture");
    }
    return PictureComment.of(file).stream()
        .map(text -> PngText.of(GenerationMetadata.PARAMETERS_KEYWORD, text))
        .toList();
  }

  private static ObjectNode body(List<PngText> texts) {
    ObjectNode answer = Json.object();
    ObjectNode items = Json.object();
    String info = "";
    for (PngText text : texts) {
      items.put(text.keyword(), text.text());
      if (text.keyword().equals(GenerationMetadata.PARAMETERS_KEYWORD)) {
        info = text.text();
      }
    }
    answer.put("info", info).set("items", items);
    answer.set("parameters", PictureSettings.of(info));
    return answer;
  }

  /** Whoever decodes it afterwards should not be handed a bomb. */
  private static void checkSize(byte[] file) {
    if (file.length < WIDTH + 8) {
      throw EncodedPicture.unreadable("image");
    }
    ByteBuffer head = ByteBuffer.wrap(file);
    long width = head.getInt(WIDTH) & 0xFFFFFFFFL;
    long height = head.getInt(WIDTH + 4) & 0xFFFFFFFFL;
    if (width * height > ImageFiles.MAXIMUM_PIXELS || width * height == 0) {
      throw ApiException.unprocessable(
          "image",
          "a picture may have %d pixels, found %dx%d"
              .formatted(ImageFiles.MAXIMUM_PIXELS, width, height));
    }
  }
}
