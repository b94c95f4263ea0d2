package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.http.Answer;
import org.lfedge.eve.tasks.core.http.HttpFailures;
import org.lfedge.eve.tasks.core.http.Proxies;
import org.lfedge.eve.tasks.core.http.TlsFiles;
import org.lfedge.eve.tasks.core.http.Transport;

/**
 * The connection to a controller: one request at a time of each caller, and its answer in bounds.
 * No redirect is followed: who answers for the controller is a matter of the node's config.
 */
final class ControllerConnection implements AutoCloseable {

  private static final String API = "/api/v2/edgedevice/";
  private static final String PROTOBUF = "application/x-proto-binary";
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  private final ControllerSettings settings;
  private final Patience patience;
  private final Transport transport;
  private final TlsFiles tls;

  /**
   * How long is waited.
   *
   * @param connect for a connection
   * @param head from the request to the head of the answer
   * @param stall for the next bytes of a body
   * @param total for the whole body
   */
  record Patience(Duration connect, Duration head, Duration stall, Duration total) {

    static final Patience USUAL =
        new Patience(
            Duration.ofSeconds(10),
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            Duration.ofMinutes(2));
  }

  /** An answer; of one that nobody reads, the body may be cut. */
  record Reply(int status, ByteString body, String words) {}

  ControllerConnection(
      ControllerSettings settings, Map<String, String> environment, Patience patience) {
    this.settings = settings;
    this.patience = patience;
    this.transport =
        new Transport(
            proxies(settings, environment), patience.connect(), patience.head(), "controller-http");
    this.tls = new TlsFiles(settings.ca(), Optional.empty(), Optional.empty());
  }

  private static Proxies proxies(ControllerSettings settings, Map<String, String> environment) {
    return settings
        .proxy()
        .map(
            proxy ->
                proxy.equals(ControllerSettings.NO_PROXY)
                    ? new Proxies(
                        Optional.empty(), Optional.empty(), Optional.of(List.of("*")), Map.of())
                    : new Proxies(
                        Optional.empty(), Optional.of(proxy), Optional.of(List.of()), Map.of()))
        .orElseGet(
            () -> new Proxies(Optional.empty(), Optional.empty(), Optional.empty(), environment));
  }

  /**
   * Sends a request.
   *
   * @param envelope what is posted; empty to get something
   * @param uuid of this node, if it has one
   * @param limit how many bytes the body of an answer that is a success may have; 0 if nobody reads
   *     it
   * @return the answer, whatever its status, but no redirect
   * @throws TaskException CONTROLLER_UNREACHABLE, CONTROLLER_REDIRECTED, CONTROLLER_SETUP,
   *     CONTROLLER_ANSWER_TOO_LARGE, CONTROLLER_FAILED
   */
  Reply exchange(String path, Optional<byte[]> envelope, Optional<String> uuid, int limit) {
    URI uri = settings.server().resolve(API + path);
    Map<String, String> headers = new HashMap<>();
    uuid.ifPresentOrElse(
        value -> headers.put("X-Request-ID", value),
        () -> {
          if (settings.serial().matches("[!-~]+")) {
            headers.put("X-Serial-Number", settings.serial());
          }
        });
    try {
      Answer answer =
          transport.send(
              new Transport.Call(
                  uri, headers, envelope.map(b -> new Transport.Content(PROTOBUF, b)), tls));
      if (REDIRECTS.contains(answer.status())) {
        throw redirected(answer);
      }
      if (answer.status() == 407) {
        answer.rest();
        throw unreachable(
            "the proxy wants to know who asks", "put user:password@ into the proxy's address");
      }
      boolean success = answer.status() == 200 || answer.status() == 201;
      if (success && limit > 0) {
        return new Reply(answer.status(), body(answer, limit), "");
      }
      byte[] rest = answer.rest();
      return new Reply(answer.status(), ByteString.EMPTY, success ? "" : words(answer, rest));
    } catch (Transport.UnusableFiles e) {
      throw ControllerProblems.setup(String.valueOf(e.getMessage()));
    } catch (InterruptedIOException e) {
      throw unreachable("it gives no answer: " + HttpFailures.reason(e), "it is tried again");
    } catch (IOException e) {
      throw TaskException.failed(
          unreachable(
                  HttpFailures.reason(e),
                  HttpFailures.isOfTrust(e)
                      ? "if it has a certificate of a private CA, name that by ca in the node's"
                          + " config"
                      : "check its address, the network and the proxy")
              .first(),
          e);
    }
  }

  /** Tells the controller something, and returns its answer, whatever that is. */
  Reply send(DeviceIdentity device, String uuid, Message message) {
    String path =
        switch (message.kind()) {
          case INFO -> "id/" + uuid + "/info";
          case METRICS -> "id/" + uuid + "/metrics";
          case LOGS -> "apps/instanceid/" + message.key() + "/newlogs";
        };
    return exchange(
        path, Optional.of(Envelope.seal(message.payload(), device, false)), Optional.of(uuid), 0);
  }

  private ByteString body(Answer answer, int limit) throws IOException {
    if (answer.isHtml()) {
      answer.rest();
      throw ControllerProblems.failed(
          "CONTROLLER_FAILED",
          this + " answers with a page for people",
          "something else answers in its place, such as the portal of a network: look at "
              + settings.server());
    }
    if (answer.length().orElse(0) > limit) {
      answer.body().cancel();
      throw tooLarge(limit);
    }
    return answer
        .bytes(limit, patience.stall(), patience.total())
        .map(UnsafeByteOperations::unsafeWrap)
        .orElseThrow(() -> tooLarge(limit));
  }

  private TaskException tooLarge(int limit) {
    return ControllerProblems.failed(
        "CONTROLLER_ANSWER_TOO_LARGE",
        this + " answers with more than " + (limit >> 10) + " KiB, which was not read on",
        "have it send less, or check that it is the controller");
  }

  /** Without the query, which may be signed. */
  private TaskException redirected(Answer answer) {
    answer.rest();
    String target = answer.header("Location").orElse("nowhere").replaceFirst("[?#].*", "");
    return ControllerProblems.failed(
        "CONTROLLER_REDIRECTED",
        this + " redirects to " + HttpFailures.quoted(target) + ", which is not followed",
        "if that is right, name it as the server in the node's config; otherwise something on the"
            + " way answers in place of the controller");
  }

  private TaskException unreachable(String what, String next) {
    return ControllerProblems.failed(
        "CONTROLLER_UNREACHABLE", this + " cannot be reached: " + what, next);
  }

  /** What a server says of an error, if it does so in plain text. */
  private static String words(Answer answer, byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8).strip();
    return answer.mediaType().equals("text/plain") && !text.isEmpty()
        ? " (" + HttpFailures.quoted(text) + ")"
        : "";
  }

  /** An answer that is no success. */
  TaskException refused(String what, Reply reply) {
    String code;
    String next;
    switch (reply.status()) {
      case 401, 403 -> {
        code = ControllerProblems.DENIED;
        next = "have the certificate and the serial number of this node allowed there";
      }
      case 400, 404 -> {
        code = ControllerProblems.UNKNOWN_DEVICE;
        next = "check that the controller knows this node";
      }
      case 409 -> {
        code = "CONTROLLER_CONFLICT";
        next =
            "it knows a node with this serial number and another certificate: remove that node"
                + " there, or give this one its certificate back";
      }
      default -> {
        code = "CONTROLLER_FAILED";
        next = "look at the controller";
      }
    }
    return TaskException.failed(
        Problem.host(
            code,
            this + " answers " + what + " with " + reply.status() + reply.words() + "; " + next));
  }

  /** The controller, for messages. */
  @Override
  public String toString() {
    return "the controller " + settings.server();
  }

  /** Breaks off what is running. */
  @Override
  public void close() {
    transport.close();
  }
}
