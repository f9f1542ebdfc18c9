package io.lssgen.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Hands what is printed to a command's own writer, line by line. */
final class WriterStream extends OutputStream {
  private final PrintWriter writer;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  private WriterStream(PrintWriter writer) {
    this.writer = writer;
  }

  /** A stream that prints to {@code writer}, which stays open when the stream is closed. */
  static PrintStream printingTo(PrintWriter writer) {
    return new PrintStream(new WriterStream(writer), true, StandardCharsets.UTF_8);
  }

  @Override
  public void write(int value) {
    line.write(value);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    line.write(bytes, offset, length);
  }

  /** Called at the end of each line, where no character is cut. */
  @Override
  public void flush() {
    writer.print(line.toString(StandardCharsets.UTF_8));
    writer.flush();
    line.reset();
  }

  @Override
  public void close() throws IOException {
    flush();
  }
}
