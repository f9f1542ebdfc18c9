package io.lssgen.hub;

import io.lssgen.hub.HubConnections.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Moves answers' bytes to the end of a partial file.
 *
 * @param what the file and its model, for messages
 * @param received hears how many bytes are there
 */
record Transfer(String what, HubFile file, PartialBlob blob, LongConsumer received) {
  private static final int BUFFER = 1 << 16;

  /** A connection that brought less counts as one that brought nothing. */
  private static final long PROGRESS = 1 << 20;

  private static final int PARTIAL_CONTENT = 206;
  private static final int NO_SUCH_RANGE = 416;

  /**
   * Takes all of {@code answer}.
   *
   * @return the size of the file, which is whole now
   * @throws TransientFailure if it is not whole, or more than whole
   * @throws IOException if the disk refuses
   */
  long take(Answer answer) throws TransientFailure, IOException {
    if (answer.status() == NO_SUCH_RANGE) {
      blob.restart();
      answer.end();
      throw new TransientFailure(what + ": the server does not have the range asked for");
    }
    if (answer.status() != PARTIAL_CONTENT) {
      blob.restart(); // servers need not care for ranges: the whole file comes
    } else if (!answer.header("Content-Range", "").startsWith("bytes " + blob.position() + "-")) {
      answer.end();
      throw new TransientFailure(what + ": the server sends another range than was asked for");
    }
    try {
      copy(body(answer));
    } finally {
      answer.end();
    }
    if (!blob.isWhole()) {
      throw cut(null);
    }
    return file.size();
  }

  private InputStream body(Answer answer) throws TransientFailure {
    try {
      return answer.connection().getInputStream();
    } catch (IOException e) {
      throw cut(e);
    }
  }

  private void copy(InputStream body) throws TransientFailure, IOException {
    byte[] buffer = new byte[BUFFER];
    while (true) {
      int count;
      try {
        count = body.read(buffer);
      } catch (IOException e) { // the network's failure, not the disk's
        throw cut(e);
      }
      if (count < 0) {
        return;
      }
      if (count > file.size() - blob.position()) {
        blob.restart();
        throw new TransientFailure(
            "%s: wanted %,d bytes, the server sends more".formatted(what, file.size()));
      }
      blob.write(buffer, count);
      received.accept(blob.position());
    }
  }

  private TransientFailure cut(@Nullable IOException cause) {
    return new TransientFailure(
        "%s: the connection ended after %,d of %,d bytes%s"
            .formatted(what, blob.position(), file.size(), cause == null ? "" : " (" + cause + ")"),
        Duration.ZERO,
        blob.advanced(PROGRESS));
  }
}
