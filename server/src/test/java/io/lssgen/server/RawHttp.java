package io.lssgen.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;

/** Requests that well-behaved clients refuse to send. */
final class RawHttp {
  private RawHttp() {}

  /** Sends a request, given line by line, and returns all that comes back. */
  static String send(int port, String body, String... lines) throws IOException {
    try (Socket socket = open(port, body, lines)) {
      return answer(socket);
    }
  }

  /** All that comes back. */
  static String answer(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
  }

  /** Sends a request and leaves the answer to the caller. */
  static Socket open(int port, String body, String... lines) throws IOException {
    Socket socket = new Socket("127.0.0.1", port);
    socket.setSoTimeout(20_000);
    String head = String.join("\r\n", lines) + "\r\nConnection: close\r\n\r\n";
    OutputStream out = socket.getOutputStream();
    out.write((head + body).getBytes(ISO_8859_1));
    out.flush();
    return socket;
  }

  /** The status of an answer. */
  static int status(String answer) {
    return Integer.parseInt(answer.split(" ", 3)[1]);
  }
}
