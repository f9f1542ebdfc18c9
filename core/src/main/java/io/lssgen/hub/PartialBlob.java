package io.lssgen.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/** The beginning of a file, with the checksum of what is there, to be written on. */
final class PartialBlob implements AutoCloseable {
  private static final int BUFFER = 1 << 20;

  private final HubFile file;
  private final FileChannel channel;
  private MessageDigest checksum;
  private long position;
  private long furthest;

  private PartialBlob(HubFile file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
    checksum = file.beginChecksum();
  }

  /** Opens what a former run left at {@code path}, or begins it. */
  static PartialBlob open(Path path, HubFile file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    PartialBlob blob = new PartialBlob(file, channel);
    try {
      if (channel.size() > file.size()) {
        blob.restart();
      } else {
        blob.readAll();
      }
      return blob;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void readAll() throws IOException {
    long size = channel.size();
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    while (position < size && channel.read(buffer) >= 0) {
      position += buffer.position();
      checksum.update(buffer.flip());
      buffer.clear();
    }
    furthest = position;
  }

  /** Bytes that are there. */
  long position() {
    return position;
  }

  /**
   * Whether at least {@code bytes} more are there than ever before this was asked. Those that were
   * there, were given up and came once more do not count.
   */
  boolean advanced(long bytes) {
    boolean further = position - furthest >= bytes;
    furthest = further ? position : furthest;
    return further;
  }

  boolean isWhole() {
    return position == file.size();
  }

  /** Forgets all that is there. */
  void restart() throws IOException {
    channel.truncate(0);
    channel.position(0);
    position = 0;
    checksum = file.beginChecksum();
  }

  /** Adds the first {@code count} of {@code bytes}. */
  void write(byte[] bytes, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    checksum.update(bytes, 0, count);
    position += count;
  }

  /** Whether the whole content is the right one; if so, it is on the disk now. Called once. */
  boolean finish() throws IOException {
    if (!file.isRight(checksum)) {
      return false;
    }
    channel.force(true);
    return true;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
