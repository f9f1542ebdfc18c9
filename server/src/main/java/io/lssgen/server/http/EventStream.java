package io.lssgen.server.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/**
 * Server-sent events, written as they come. Source: <a
 * href="https://html.spec.whatwg.org/multipage/server-sent-events.html">HTML, server-sent
 * events</a>.
 */
public final class EventStream {
  private final OutputStream out;
  private long written;

  /**
   * Begins the answer.
   *
   * @throws IOException if the client is gone
   */
  public EventStream(Context context) throws IOException {
    context.contentType("text/event-stream");
    context.header("X-Accel-Buffering", "no"); // else a proxy may hold events back
    out = context.res().getOutputStream(); // Javalin's own around it ignores flush()
    beat();
  }

  /**
   * Sends an event.
   *
   * @param number its id, by which a client that comes back says what it has seen; 0 for none
   * @param data one line of JSON, so that nothing in it can end the event
   * @throws IOException if the client is gone
   */
  public void send(long number, String name, JsonNode data) throws IOException {
    String id = number > 0 ? "id: " + number + "\n" : "";
    write(id + "event: " + name + "\ndata: " + Json.write(data) + "\n\n");
  }

  /**
   * Sends a comment if nothing was sent for this long: keeps the connection open, and finds out
   * whether someone is there.
   *
   * @throws IOException if the client is gone
   */
  public void beatAfter(Duration silence) throws IOException {
    if (System.nanoTime() - written >= silence.toNanos()) {
      beat();
    }
  }

  private void beat() throws IOException {
    write(":\n\n");
  }

  private void write(String text) throws IOException {
    out.write(text.getBytes(UTF_8));
    out.flush();
    written = System.nanoTime();
  }
}
