package io.lssgen.server;

import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import io.javalin.util.JavalinBindException;
import io.lssgen.errors.LssGenException;
import io.lssgen.errors.UsageException;
import io.lssgen.server.a1111.Automatic1111Routes;
import io.lssgen.server.api.ImageRoutes;
import io.lssgen.server.api.InfoRoutes;
import io.lssgen.server.api.JobRoutes;
import io.lssgen.server.api.Services;
import io.lssgen.server.http.ApiException;
import io.lssgen.server.http.Bodies;
import io.lssgen.server.http.ErrorShape;
import io.lssgen.server.http.FewAtOnce;
import io.lssgen.server.http.Guard;
import io.lssgen.server.http.RouteTable;
import io.lssgen.server.jobs.Estimator;
import io.lssgen.server.jobs.JobQueue;
import io.lssgen.server.jobs.JobViews;
import io.lssgen.server.jobs.JobWorker;
import io.lssgen.server.jobs.RequestReader;
import io.lssgen.server.jobs.ServerMetrics;
import io.lssgen.server.models.ModelShelf;
import io.lssgen.server.openai.BatchRoutes;
import io.lssgen.server.openai.BatchRunner;
import io.lssgen.server.openai.FileRoutes;
import io.lssgen.server.openai.OpenAiRoutes;
import io.lssgen.server.store.BatchStore;
import io.lssgen.server.store.Database;
import io.lssgen.server.store.FileStore;
import io.lssgen.server.store.ImageStore;
import io.lssgen.server.store.InitialPictures;
import io.lssgen.server.store.JobStore;
import io.lssgen.server.store.Measurements;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * A server that makes pictures.
 *
 * <pre>{@code
 * try (LssGenServer server = LssGenServer.start(options)) {
 *   server.ready().join();
 *   …
 * }
 * }</pre>
 */
public final class LssGenServer implements AutoCloseable {
  /** For requests that wait for nothing. */
  private static final int QUICK_THREADS = 100;

  private static final int HEADERS = 16 << 10;

  private final ServerOptions options;
  private final Database database;
  private final Services services;
  private final FileStore files;
  private final BatchStore batches;
  private final BatchRunner batchRunner;
  private final Javalin http;
  private final List<String> routes = new ArrayList<>();
  private final GracefulHandler underWay = new GracefulHandler();
  private final CompletableFuture<String> ready;
  private boolean closed;

  private LssGenServer(ServerOptions options, Database database, ModelShelf shelf) {
    this.options = options;
    this.database = database;
    services = services(options, database, shelf);
    files = new FileStore(database, options.data());
    batches = new BatchStore(database, files);
    batchRunner = new BatchRunner(services, files, batches);
    http = Javalin.create(this::configure);
    try {
      http.start();
    } catch (JavalinBindException e) {
      throw new UsageException(
          "cannot listen on %s port %d: it is taken or not this machine's; choose another with --port"
              .formatted(options.host(), options.port()));
    }
    ready = services.worker().start(options.models().atStart());
    batchRunner.start();
  }

  /**
   * Starts a server; models are loaded meanwhile.
   *
   * @return the caller's to close
   * @throws UsageException if the port is taken, or another server uses the data folder
   * @throws io.lssgen.errors.ModelException if a model is missing
   * @throws LssGenException if the disk refuses
   */
  public static LssGenServer start(ServerOptions options) {
    ModelShelf shelf = new ModelShelf(options.models());
    Database database = Database.open(options.data());
    try {
      return new LssGenServer(options, database, shelf);
    } catch (RuntimeException | Error e) {
      database.close();
      throw e;
    }
  }

  private static Services services(ServerOptions options, Database database, ModelShelf shelf) {
    ServerMetrics metrics = new ServerMetrics();
    JobStore jobs = new JobStore(database);
    ImageStore images = new ImageStore(database, options.data());
    InitialPictures pictures = new InitialPictures(options.data());
    JobQueue queue = new JobQueue(jobs, pictures, options.limits(), options.afterCrash(), metrics);
    RequestReader reader = new RequestReader(options.limits(), shelf);
    Estimator estimator = new Estimator(new Measurements(database));
    return new Services(
        options.limits(),
        new Bodies(options.patience()),
        reader,
        queue,
        jobs,
        images,
        shelf,
        estimator,
        new JobWorker(queue, jobs, images, pictures, shelf, reader, estimator, metrics),
        metrics,
        new JobViews(queue, images),
        new Semaphore(options.limits().listeners()));
  }

  private void configure(JavalinConfig config) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.http.prefer405over404 = true;
    config.http.compressionStrategy = CompressionStrategy.NONE; // it would hold events back
    config.jetty.threadPool = new QueuedThreadPool(threads());
    config.jetty.addConnector(this::connector);
    config.jetty.modifyServer(this::endInGoodOrder);
    Guard guard = new Guard(options.hosts(), options.apiKey());
    config.routes.before(guard::check);
    config.routes.exception(HttpResponseException.class, LssGenServer::refuse);
    config.routes.exception(
        Exception.class,
        (e, context) -> ErrorShape.answer(context, ErrorShape.explain(context, e)));
    RouteTable table = new RouteTable(config.routes);
    new InfoRoutes(services).addTo(table);
    new JobRoutes(services).addTo(table);
    new ImageRoutes(services).addTo(table);
    new OpenAiRoutes(services).addTo(table);
    new FileRoutes(services.bodies(), files).addTo(table);
    new BatchRoutes(services, files, batches, batchRunner, filesRead()).addTo(table);
    new Automatic1111Routes(services).addTo(table);
    routes.addAll(table.entries());
  }

  private FewAtOnce filesRead() {
    return new FewAtOnce(
        1, options.patience().dividedBy(2), "another file of requests is being read");
  }

  /**
   * Answers that are under way when the server stops are given first, see {@link #awaitAnswers}.
   * Connections on which nothing is asked are not waited for: Jetty would throw if one stays.
   */
  private void endInGoodOrder(Server server) {
    server.insertHandler(underWay);
    server.setStopTimeout(0);
  }

  /** Everyone who waits for a job or listens to one holds a thread. */
  private int threads() {
    return QUICK_THREADS + options.limits().queue() + options.limits().listeners();
  }

  /** What Javalin itself says no to: unknown paths and methods. */
  private static void refuse(HttpResponseException e, Context context) {
    Optional.ofNullable(e.getDetails().get("availableMethods"))
        .ifPresent(methods -> context.header("Allow", methods));
    ErrorShape.answer(
        context,
        ApiException.of(e.getStatus(), "http_" + e.getStatus(), String.valueOf(e.getMessage())));
  }

  private Connector connector(Server server, HttpConfiguration http) {
    http.setSendServerVersion(false);
    http.setRequestHeaderSize(HEADERS);
    ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
    connector.setHost(options.host());
    connector.setPort(options.port());
    connector.setIdleTimeout(options.patience().toMillis());
    return connector;
  }

  /** Completed once the model is there, or exceptionally if it cannot be loaded. */
  public CompletableFuture<String> ready() {
    return ready;
  }

  /** Where clients find it, for instance {@code http://127.0.0.1:7860}. */
  public String address() {
    String host = new InetSocketAddress(options.host(), http.port()).getHostString();
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + http.port();
  }

  /** Methods and paths that it answers, {@code get /v1/models} and so on. */
  public List<String> routes() {
    return List.copyOf(routes);
  }

  /**
   * Ends in good order: takes no more, lets the running job go on for the time that the options
   * give, and leaves what waits to the next start.
   */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      services.worker().close(options.drain());
      batchRunner.close();
      awaitAnswers();
      http.stop();
    } finally {
      database.close();
    }
  }

  /** Before connections are told to end, which breaks off what is just being written to them. */
  private void awaitAnswers() {
    underWay
        .shutdown()
        .completeOnTimeout(null, options.patience().toMillis(), TimeUnit.MILLISECONDS)
        .join();
  }
}
