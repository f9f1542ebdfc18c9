package io.lssgen.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lssgen.files.AtomicFile;
import io.lssgen.tensor.DType;
import io.lssgen.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes safetensors files that the reference implementation reads: header padded with spaces to
 * eight bytes, tensors ordered by falling element size, then by name. The file appears whole or not
 * at all.
 */
public final class SafetensorsWriter {
  private static final ObjectMapper JSON = new ObjectMapper();

  private SafetensorsWriter() {}

  /**
   * Writes {@code tensors} to {@code file}, replacing one that is there.
   *
   * @param metadata free text by key; diffusers and transformers want {@code format = pt}
   * @throws io.lssgen.errors.LssGenException when it cannot be written; the target is then as
   *     before
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    Map<String, Tensor> ordered = ordered(tensors);
    byte[] header = header(ordered, metadata);
    AtomicFile.write(
        file,
        AtomicFile.IfExists.REPLACE,
        channel -> {
          writeFully(channel, ByteBuffer.wrap(header));
          for (Tensor tensor : ordered.values()) {
            writeFully(channel, ByteBuffer.wrap(tensor.toByteArray()));
          }
        });
  }

  private static Map<String, Tensor> ordered(Map<String, Tensor> tensors) {
    Map<String, Tensor> ordered = new LinkedHashMap<>();
    Map<String, Tensor> byName = new TreeMap<>(tensors);
    for (int bytes = 8; bytes >= 1; bytes /= 2) {
      for (Map.Entry<String, Tensor> entry : byName.entrySet()) {
        if (entry.getValue().dtype().bytes() == bytes) {
          ordered.put(entry.getKey(), entry.getValue());
        }
      }
    }
    return ordered;
  }

  private static byte[] header(Map<String, Tensor> tensors, Map<String, String> metadata) {
    ObjectNode root = JSON.createObjectNode();
    ObjectNode texts = root.putObject("__metadata__");
    new TreeMap<>(metadata).forEach(texts::put);
    long offset = 0;
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      Tensor tensor = entry.getValue();
      ObjectNode node = root.putObject(entry.getKey());
      node.put("dtype", name(tensor.dtype()));
      for (long extent : tensor.shape()) {
        node.withArray("shape").add(extent);
      }
      if (tensor.dimensions() == 0) {
        node.putArray("shape");
      }
      long end = Math.addExact(offset, tensor.numel() * tensor.dtype().bytes());
      node.putArray("data_offsets").add(offset).add(end);
      offset = end;
    }
    String json = root.toString();
    int bytes = json.getBytes(StandardCharsets.UTF_8).length;
    byte[] padded = (json + " ".repeat((8 - bytes % 8) % 8)).getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(8 + padded.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(padded.length)
        .put(padded)
        .array();
  }

  private static String name(DType type) {
    return type.name();
  }

  private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
