package io.lssgen.server.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Adds routes to the server, and remembers which: the API's document is held against them. */
public final class RouteTable {
  private final RoutesConfig routes;
  private final List<String> entries = new ArrayList<>();

  public RouteTable(RoutesConfig routes) {
    this.routes = routes;
  }

  public RouteTable get(String path, Handler handler) {
    return add(HandlerType.GET, path, handler);
  }

  public RouteTable post(String path, Handler handler) {
    return add(HandlerType.POST, path, handler);
  }

  public RouteTable patch(String path, Handler handler) {
    return add(HandlerType.PATCH, path, handler);
  }

  public RouteTable delete(String path, Handler handler) {
    return add(HandlerType.DELETE, path, handler);
  }

  /**
   * Says why what clients of other servers look for is not here, where another route would take its
   * path for its own. No part of the API.
   */
  public RouteTable absent(String path, String why) {
    routes.addHttpHandler(
        HandlerType.POST,
        path,
        context -> {
          throw ApiException.notFound("not_supported", why);
        });
    return this;
  }

  private RouteTable add(HandlerType method, String path, Handler handler) {
    routes.addHttpHandler(method, path, handler);
    entries.add(method.name().toLowerCase(Locale.ROOT) + " " + path);
    return this;
  }

  /** {@code get /v1/models} and so on. */
  public List<String> entries() {
    return List.copyOf(entries);
  }
}
