package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.lfedge.eve.tasks.core.controller.ControllerSettings.IdentityFiles;
import org.lfedge.eve.tasks.core.controller.FixtureSigners.Signer;
import org.lfedge.eve.tasks.core.eve.api.AuthContainer;
import org.lfedge.eve.tasks.core.eve.api.CipherBlock;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.HashAlgorithm;
import org.lfedge.eve.tasks.core.eve.api.ZCert;
import org.lfedge.eve.tasks.core.eve.api.ZCertType;
import org.lfedge.eve.tasks.core.eve.api.ZControllerCert;
import org.lfedge.eve.tasks.core.eve.api.ZInfoMsg;
import org.lfedge.eve.tasks.core.eve.api.ZMetricMsg;

/**
 * A controller on a loopback port, for tests and demos: it registers devices, checks what they
 * sign, gives them a config and keeps what they tell; and it can be told to misbehave.
 */
public final class FixtureController implements AutoCloseable {

  private static final String API = "/api/v2/edgedevice/";
  private static final int HUGE = 50 << 20;

  private final HttpsServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final FixtureSigners signers;
  private final FixtureFleet fleet;
  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final List<Planned> planned = new ArrayList<>();
  private volatile Signer signer = Signer.USUAL;

  /**
   * A request as it arrived.
   *
   * @param path below that of the API
   */
  public record Request(
      String method,
      String path,
      Optional<String> contentType,
      Optional<String> requestId,
      Optional<String> serial) {}

  private record Planned(String pathPart, AtomicInteger left, Fault fault, int status) {}

  /** What is done instead of what should be. */
  public enum Fault {
    /** The signature of another message. */
    WRONG_SIGNATURE,
    /** The digest of another certificate. */
    UNKNOWN_SIGNER,
    /** A digest of no known kind. */
    OTHER_ALGORITHM,
    /** Encrypted, or so it says. */
    ENCRYPTED,
    /** Half of the envelope. */
    TRUNCATED,
    /** A good envelope with half of the message in it. */
    TRUNCATED_INSIDE,
    /** 50 MiB, of which nothing is said before. */
    HUGE,
    /** 50 MiB, by what is said before. */
    HUGE_BY_ITS_HEAD,
    /** To another host. */
    REDIRECT,
    /** A page of the portal of a hotel. */
    PORTAL,
    /** No answer until the controller is closed. */
    SILENCE,
    /** No more than a status. */
    STATUS
  }

  /** Starts one. */
  public FixtureController(FixtureSigners signers) {
    this.signers = signers;
    try {
      this.fleet = new FixtureFleet(FixtureFleet.certificate(signers.onboarding().certificate()));
      this.server =
          HttpsServer.create(new InetSocketAddress(InetAddress.getByName("localhost"), 0), 50);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    server.setHttpsConfigurator(new HttpsConfigurator(signers.server()));
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  /** Where it is. */
  public URI uri() {
    return URI.create("https://localhost:" + port());
  }

  /** Where it listens. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** For a node that is given its key and registers. */
  public ControllerSettings settings(Path stateDirectory) {
    return settings(
        stateDirectory, Optional.of(signers.onboarding()), Optional.of(signers.device()));
  }

  /**
   * For a node that registers if it is given what with, and makes its own key unless it has one.
   */
  public ControllerSettings settings(
      Path stateDirectory, Optional<IdentityFiles> onboarding, Optional<IdentityFiles> device) {
    return new ControllerSettings(
        uri(),
        stateDirectory,
        signers.root(),
        Optional.of(signers.ca()),
        Optional.of(ControllerSettings.NO_PROXY),
        onboarding,
        device,
        "serial-1",
        ControllerSettings.USUAL_INTERVAL);
  }

  /** Gives devices a config from now on; without an id, it is given that of whoever asks. */
  public void config(EdgeDevConfig config) {
    fleet.config(config);
  }

  /** Signs with something else from now on, and gives that one's certificates. */
  public void sign(Signer with) {
    signer = with;
  }

  /** Does so many answers to paths with such a part wrongly. */
  public void misbehave(String pathPart, int times, Fault fault) {
    plan(new Planned(pathPart, new AtomicInteger(times), fault, 0));
  }

  /** Answers so many requests to paths with such a part with a status. */
  public void answer(String pathPart, int times, int status) {
    plan(new Planned(pathPart, new AtomicInteger(times), Fault.STATUS, status));
  }

  private void plan(Planned plan) {
    synchronized (planned) {
      planned.add(plan);
    }
  }

  /** Does all as it should from now on. */
  public void behave() {
    synchronized (planned) {
      planned.clear();
    }
    signer = Signer.USUAL;
  }

  /** The UUIDs of the devices that are known. */
  public List<String> devices() {
    return fleet.uuids();
  }

  List<String> serials() {
    return fleet.serials();
  }

  /** Knows a device that did not register. */
  public void know(IdentityFiles device, String uuid) {
    try {
      fleet.know(FixtureFleet.certificate(device.certificate()), uuid);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Knows no device any more. */
  public void forgetDevices() {
    fleet.forget();
  }

  /** The information that came, the oldest first. */
  public List<ZInfoMsg> infos() {
    return fleet.infos();
  }

  /** The metrics that came, the oldest first. */
  public List<ZMetricMsg> metrics() {
    return fleet.metrics();
  }

  /** The log of an app, in lines of JSON. */
  public List<String> logs(String app) {
    return fleet.logs(app);
  }

  /** The requests to paths with such a part, also those that were answered wrongly. */
  public List<Request> requests(String pathPart) {
    return requests.stream().filter(request -> request.path().contains(pathPart)).toList();
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      String path = exchange.getRequestURI().getPath().replaceFirst("^" + API, "");
      requests.add(
          new Request(
              exchange.getRequestMethod(),
              path,
              header(exchange, "Content-Type"),
              header(exchange, "X-Request-ID"),
              header(exchange, "X-Serial-Number")));
      Optional<Planned> plan = next(path);
      if (plan.isPresent()) {
        misbehave(exchange, plan.get(), path, body);
      } else {
        FixtureFleet.Answer answer = honest(path, body);
        send(exchange, answer.status(), answer.payload().map(this::envelope));
      }
    }
  }

  private Optional<Planned> next(String path) {
    synchronized (planned) {
      return planned.stream()
          .filter(plan -> path.contains(plan.pathPart()) && plan.left().getAndDecrement() > 0)
          .findFirst();
    }
  }

  private static Optional<String> header(HttpExchange exchange, String name) {
    return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
  }

  private FixtureFleet.Answer honest(String path, byte[] body) throws IOException {
    return path.equals("certs")
        ? new FixtureFleet.Answer(200, Optional.of(certificates().toByteArray()))
        : fleet.answer(path, body);
  }

  /** What /certs answers. */
  ZControllerCert certificates() throws IOException {
    return ZControllerCert.newBuilder()
        .addCerts(
            ZCert.newBuilder()
                .setType(ZCertType.CERT_TYPE_CONTROLLER_INTERMEDIATE)
                .setCert(ByteString.copyFrom(Files.readAllBytes(signers.intermediate()))))
        .addCerts(
            ZCert.newBuilder()
                .setType(ZCertType.CERT_TYPE_CONTROLLER_SIGNING)
                .setCert(signers.identity(signer).pem()))
        .addCerts(ZCert.newBuilder().setType(ZCertType.CERT_TYPE_CONTROLLER_ECDH_EXCHANGE))
        .build();
  }

  private byte[] envelope(byte[] payload) {
    return FixtureEnvelopes.seal(payload, signers.identity(signer)).toByteArray();
  }

  private static void send(HttpExchange exchange, int status, Optional<byte[]> body)
      throws IOException {
    if (body.isEmpty()) {
      exchange.sendResponseHeaders(status, -1);
      return;
    }
    exchange.getResponseHeaders().set("Content-Type", "application/x-proto-binary");
    exchange.sendResponseHeaders(status, body.get().length);
    exchange.getResponseBody().write(body.get());
  }

  private void misbehave(HttpExchange exchange, Planned plan, String path, byte[] body)
      throws IOException {
    switch (plan.fault()) {
      case STATUS -> send(exchange, plan.status(), Optional.empty());
      case HUGE, HUGE_BY_ITS_HEAD -> {
        exchange.sendResponseHeaders(200, plan.fault() == Fault.HUGE ? 0 : HUGE);
        OutputStream out = exchange.getResponseBody();
        for (int sent = 0; sent < HUGE; sent += 8192) {
          out.write(new byte[8192]);
        }
      }
      case REDIRECT -> {
        exchange.getResponseHeaders().set("Location", "https://other.example/config?secret=1");
        exchange.sendResponseHeaders(307, -1);
      }
      case PORTAL -> {
        byte[] page = "<html>Welcome".getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/html");
        exchange.sendResponseHeaders(200, page.length);
        exchange.getResponseBody().write(page);
      }
      case SILENCE -> {
        try {
          closed.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      default -> {
        byte[] payload = honest(path, body).payload().orElseThrow();
        send(exchange, 200, Optional.of(bad(plan.fault(), payload)));
      }
    }
  }

  private byte[] bad(Fault fault, byte[] payload) {
    byte[] half = Arrays.copyOf(payload, payload.length / 2 + 1);
    AuthContainer good = FixtureEnvelopes.seal(payload, signers.identity(signer));
    return switch (fault) {
      case WRONG_SIGNATURE ->
          good.toBuilder()
              .setSignatureHash(
                  FixtureEnvelopes.seal(half, signers.identity(signer)).getSignatureHash())
              .build()
              .toByteArray();
      case UNKNOWN_SIGNER ->
          good.toBuilder()
              .setSenderCertHash(ByteString.copyFrom(new byte[32]))
              .build()
              .toByteArray();
      case OTHER_ALGORITHM ->
          good.toBuilder().setAlgo(HashAlgorithm.HASH_ALGORITHM_INVALID).build().toByteArray();
      case ENCRYPTED ->
          good.toBuilder()
              .clearProtectedPayload()
              .setCipherData(CipherBlock.getDefaultInstance())
              .build()
              .toByteArray();
      case TRUNCATED -> Arrays.copyOf(good.toByteArray(), good.getSerializedSize() / 2);
      case TRUNCATED_INSIDE -> envelope(half);
      default -> throw new IllegalArgumentException(fault.toString());
    };
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
