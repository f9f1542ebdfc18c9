package io.lssgen.model;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The golden files of tools/golden/single_file_keys.py. */
public final class GoldenSingleFiles {
  private static final Path ROOT = GoldenTensors.ROOT.resolve("single-file");

  private GoldenSingleFiles() {}

  /**
   * A tensor of a published file.
   *
   * @param name its name there
   * @param shape its shape there
   * @param targets what diffusers makes of it, in the order of its rows
   */
  public record Original(String name, List<Long> shape, List<Target> targets) {
    long elements() {
      return shape.stream().reduce(1L, Math::multiplyExact);
    }
  }

  /**
   * A parameter of diffusers.
   *
   * @param mark {@code ^} for the transpose, {@code ~} for swapped halves, or empty
   */
  public record Target(String component, String name, String mark) {
    static Target of(String text) {
      String mark =
          text.endsWith("^") || text.endsWith("~") ? text.substring(text.length() - 1) : "";
      String[] parts = text.substring(0, text.length() - mark.length()).split("/", 2);
      return new Target(parts[0], parts[1], mark);
    }
  }

  /** The tensors of a published file of this kind. */
  public static List<Original> originals(String kind) {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(ROOT.resolve(kind + ".txt.gz"))),
                StandardCharsets.UTF_8))) {
      List<Original> originals = new ArrayList<>();
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        String[] fields = line.split("\t", -1);
        originals.add(
            new Original(
                fields[0],
                split(fields[1], ",").stream().map(Long::valueOf).toList(),
                split(fields[2], ";").stream().map(Target::of).toList()));
      }
      return originals;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> split(String text, String separator) {
    return text.isEmpty() ? List.of() : Arrays.asList(text.split(separator));
  }

  /**
   * Unpacks the tiny models: folders {@code sd}, {@code xl}, {@code flux} and files of the same.
   */
  public static void unpack(Path target) {
    try (ZipInputStream zip = new ZipInputStream(Files.newInputStream(ROOT.resolve("tiny.zip")))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path file = target.resolve(entry.getName());
        Files.createDirectories(file.getParent());
        Files.write(file, zip.readAllBytes());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Writes a file with these tensors of one byte each element, a hole where values would be; those
   * that are read as numbers are fp32, each 1.
   */
  public static void writeHollow(Path file, List<Original> originals) {
    StringBuilder header = new StringBuilder("{");
    long at = 0;
    Map<Long, Integer> numbers = new TreeMap<>(); // how many, by their place
    for (Original original : originals) {
      boolean read = original.name().startsWith("edm_");
      long end = at + original.elements() * (read ? Float.BYTES : 1);
      if (read) {
        numbers.put(at, Math.toIntExact(original.elements()));
      }
      header.append(
          "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%d,%d]}"
              .formatted(
                  at == 0 ? "" : ",",
                  original.name(),
                  read ? "F32" : "F8_E4M3",
                  original.shape().stream().map(String::valueOf).collect(Collectors.joining(",")),
                  at,
                  end));
      at = end;
    }
    byte[] json = header.append('}').toString().getBytes(StandardCharsets.UTF_8);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array());
      out.write(json);
      out.setLength(8 + json.length + at);
      for (Map.Entry<Long, Integer> place : numbers.entrySet()) {
        out.seek(8 + json.length + place.getKey());
        out.write(ones(place.getValue()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] ones(int count) {
    ByteBuffer bytes = ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < count; i++) {
      bytes.putFloat(1);
    }
    return bytes.array();
  }
}
