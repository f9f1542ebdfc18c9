package io.lssgen.server.http;

import io.javalin.http.Context;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.eclipse.jetty.ee10.servlet.ServletContextRequest;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.util.BufferUtil;

/**
 * The client of a request that was read to its end and is not answered yet. Jetty reads nothing
 * from a connection meanwhile, so that a client's leaving would stay unnoticed. To be asked by the
 * thread that handles the request.
 */
public final class Caller {
  private final Connection connection;
  private boolean left;
  private boolean asksMore;

  public Caller(Context context) {
    connection =
        ServletContextRequest.getServletContextRequest(context.req())
            .getConnectionMetaData()
            .getConnection();
  }

  /**
   * Whether the client has hung up. One that closed its sending half alone cannot be told from one
   * that is gone, and counts as gone.
   */
  public boolean hasLeft() {
    if (!left && !asksMore) {
      look();
    }
    return left;
  }

  private void look() {
    ByteBuffer next = BufferUtil.allocate(1);
    try {
      int count = connection.getEndPoint().fill(next);
      left = count < 0;
      asksMore = count > 0;
    } catch (IOException e) {
      left = true;
    }
    if (asksMore) { // the next request came early: its first byte goes where Jetty looks for it
      ((Connection.UpgradeTo) connection).onUpgradeTo(next);
    }
  }
}
