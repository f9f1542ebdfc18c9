package io.lssgen.weights;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.files.AtomicFile;
import io.lssgen.files.AtomicFile.IfExists;
import io.lssgen.tensor.Tensor;
import io.lssgen.tensor.TensorScope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;

/**
 * Writes safetensors files, byte for byte as the reference implementation lays them out: tensors in
 * falling order of alignment, then by name, the header padded with spaces to a multiple of eight.
 * The same tensors give the same bytes. A file appears whole or not at all.
 */
public final class SafetensorsWriter {
  /** What the libraries in Python want to see before they read a file. */
  private static final Entry<String, String> FORMAT = Map.entry("format", "pt");

  private static final int ALIGNMENT = 8;

  /**
   * Values pass through the Java heap in pieces of this size, so that any tensor can be written.
   */
  private static final long PIECE_BYTES = 16 << 20;

  private static final JsonFactory JSON =
      JsonFactory.builder().enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8).build();

  private SafetensorsWriter() {}

  /**
   * Writes {@code tensors} over the file, if there is one.
   *
   * @throws UsageException when the file's folder does not exist
   * @throws LssGenException when it cannot be written, for instance on a full disk; an older file
   *     is then unchanged
   */
  public static void write(Path file, Map<String, Tensor> tensors) {
    write(file, tensors, Map.of());
  }

  /**
   * Writes {@code tensors} with {@code metadata}, to which {@code format: pt} is added.
   *
   * @throws UsageException when the file's folder does not exist
   * @throws LssGenException when it cannot be written, for instance on a full disk; an older file
   *     is then unchanged
   */
  public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) {
    write(file, tensors, metadata, IfExists.REPLACE);
  }

  /**
   * As {@link #write(Path, Map, Map)}, but a file that is there already may be left alone.
   *
   * @throws UsageException when it is and {@code ifExists} refuses
   */
  public static void write(
      Path file, Map<String, Tensor> tensors, Map<String, String> metadata, IfExists ifExists) {
    AtomicFile.write(file, ifExists, channel -> writeTo(channel, tensors, metadata));
  }

  static void writeTo(
      WritableByteChannel channel, Map<String, Tensor> tensors, Map<String, String> metadata)
      throws IOException {
    List<Entry<String, Tensor>> entries = inFileOrder(tensors);
    byte[] header = header(entries, metadata);
    ByteBuffer length =
        ByteBuffer.allocate(SafetensorsHeader.LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    AtomicFile.writeFully(channel, length.putLong(0, header.length));
    AtomicFile.writeFully(channel, ByteBuffer.wrap(header));
    for (Entry<String, Tensor> entry : entries) {
      writeValues(channel, entry.getValue());
    }
  }

  private static List<Entry<String, Tensor>> inFileOrder(Map<String, Tensor> tensors) {
    List<Entry<String, Tensor>> entries = new ArrayList<>(tensors.entrySet());
    Comparator<Entry<String, Tensor>> byType =
        Comparator.comparing(entry -> SafetensorsType.of(entry.getValue().dtype()));
    // The reference implementation orders names by their UTF-8 bytes, not by Java's UTF-16.
    entries.sort(
        byType
            .reversed()
            .thenComparing(entry -> entry.getKey().getBytes(UTF_8), Arrays::compareUnsigned));
    return entries;
  }

  private static byte[] header(List<Entry<String, Tensor>> entries, Map<String, String> metadata)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      writeMetadata(json, metadata);
      long begin = 0;
      for (Entry<String, Tensor> entry : entries) {
        if (entry.getKey().equals(SafetensorsHeader.METADATA)) {
          throw new IllegalArgumentException("a tensor cannot be named " + entry.getKey());
        }
        begin = writeEntry(json, entry.getKey(), entry.getValue(), begin);
      }
      json.writeEndObject();
    }
    while (bytes.size() % ALIGNMENT != 0) {
      bytes.write(' ');
    }
    if (bytes.size() > SafetensorsHeader.MAXIMUM_BYTES) {
      throw new IOException(
          "the header of %d tensors has %d bytes, more than the format's %d"
              .formatted(entries.size(), bytes.size(), SafetensorsHeader.MAXIMUM_BYTES));
    }
    return bytes.toByteArray();
  }

  private static void writeMetadata(JsonGenerator json, Map<String, String> metadata)
      throws IOException {
    Map<String, String> all = new LinkedHashMap<>();
    all.put(FORMAT.getKey(), FORMAT.getValue());
    all.putAll(metadata);
    json.writeObjectFieldStart(SafetensorsHeader.METADATA);
    for (Entry<String, String> entry : all.entrySet()) {
      json.writeStringField(entry.getKey(), entry.getValue());
    }
    json.writeEndObject();
  }

  /** Writes the entry of a tensor whose data begin at {@code begin}; gives where they end. */
  private static long writeEntry(JsonGenerator json, String name, Tensor tensor, long begin)
      throws IOException {
    long end = Math.addExact(begin, Math.multiplyExact(tensor.numel(), tensor.dtype().bytes()));
    json.writeObjectFieldStart(name);
    json.writeStringField("dtype", SafetensorsType.of(tensor.dtype()).name());
    long[] shape = tensor.shape();
    json.writeFieldName("shape");
    json.writeArray(shape, 0, shape.length);
    json.writeFieldName("data_offsets");
    json.writeArray(new long[] {begin, end}, 0, 2);
    json.writeEndObject();
    return end;
  }

  private static void writeValues(WritableByteChannel channel, Tensor tensor) throws IOException {
    try (TensorScope scope = TensorScope.open()) {
      Tensor flat = tensor.detach().reshape(-1);
      long piece = PIECE_BYTES / tensor.dtype().bytes();
      for (long start = 0; start < flat.numel(); start += piece) {
        long count = Math.min(piece, flat.numel() - start);
        byte[] values = flat.narrow(0, start, count).consume(Tensor::toByteArray);
        AtomicFile.writeFully(channel, ByteBuffer.wrap(values));
      }
    }
  }
}
