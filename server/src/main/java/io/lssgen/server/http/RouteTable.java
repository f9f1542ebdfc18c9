package io.lssgen.server.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Handler;
import java.util.ArrayList;
import java.util.List;

/** Adds routes to the server, and remembers which: the API's document is held against them. */
public final class RouteTable {
  private final RoutesConfig routes;
  private final List<String> entries = new ArrayList<>();

  public RouteTable(RoutesConfig routes) {
    this.routes = routes;
  }

  public RouteTable get(String path, Handler handler) {
    routes.get(path, handler);
    return note("get", path);
  }

  public RouteTable post(String path, Handler handler) {
    routes.post(path, handler);
    return note("post", path);
  }

  public RouteTable patch(String path, Handler handler) {
    routes.patch(path, handler);
    return note("patch", path);
  }

  public RouteTable delete(String path, Handler handler) {
    routes.delete(path, handler);
    return note("delete", path);
  }

  private RouteTable note(String method, String path) {
    entries.add(method + " " + path);
    return this;
  }

  /** {@code get /v1/models} and so on. */
  public List<String> entries() {
    return List.copyOf(entries);
  }
}
