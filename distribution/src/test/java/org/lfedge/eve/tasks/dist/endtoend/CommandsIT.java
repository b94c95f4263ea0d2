package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.grpc.ManagedChannel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.SortedMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Commands beside those of the life of a task, and the API that they use. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CommandsIT {

  private final PackagedNode node = new PackagedNode();

  @AfterAll
  void close() {
    node.close();
  }

  @Test
  void runGivesTheOutputAndTheExitCodeOfTheProgram() {
    String document =
        node.document("seven", "[sh, -c, 'echo to out; echo to err >&2; exit 7']", "");
    Programs.Result run = node.taskctl("run", document).expect(7);
    assertEquals("to out\n", run.out());
    assertEquals("to err\n", run.err());
    Programs.Result logs = node.taskctl("logs", "seven").expect(0);
    assertEquals("to out\n", logs.out());
    assertEquals("to err\n", logs.err());
    JsonNode task = node.json("inspect", "seven");
    assertEquals("STOPPED", task.path("state").asText());
    assertEquals(7, task.path("exitCode").intValue());

    // The name is taken: a failure of ours, not of the program.
    Programs.Result again = node.taskctl("-o", "json", "run", document).expect(125);
    assertEquals(List.of("ALREADY_EXISTS"), again.errorCodes());
    assertEquals(4, node.taskctl("run", "-d", document).status());
    node.taskctl("delete", "seven").expect(0);
  }

  @Test
  void aSignalReachesTheAnchorAndADeadlySignalIsReported() {
    Anchor anchor =
        Anchor.of(node.json("run", "-d", node.document("killed", PackagedNode.SERVICE, "")));
    node.taskctl("signal", "killed", "SIGKILL").expect(0);
    Programs.await("the anchor to die", () -> !anchor.isAlive());
    Programs.Result logs = node.taskctl("logs", "-f", "killed").expect(0);
    assertTrue(logs.err().isEmpty(), logs.err());
    JsonNode task = node.json("stop", "killed");
    assertEquals("STOPPED", task.path("state").asText());
    assertEquals(9, task.path("exitSignal").intValue());
    assertEquals(4, node.taskctl("signal", "killed", "TERM").status());
    node.taskctl("delete", "killed").expect(0);
  }

  @Test
  void aSecretReachesTheProgramAsAFileAndIsShownNowhere() throws IOException {
    String secret = "s3cr3t-0f-th3-n0d3";
    Files.writeString(node.documents().resolve("token"), secret);
    String document =
        node.document(
            "holder",
            "[sh, -c, 'sha256sum < \"$TOKEN_FILE\"; echo \"$TOKEN_FILE\"; id -u']",
            "env: {TOKEN_FILE: {secret: {file: token}}}\nuser: '33:34'");
    String rendered = node.taskctl("render", document).expect(0).out();
    Programs.Result run = node.taskctl("run", document).expect(0);
    String digest =
        HexFormat.of().formatHex(sha256().digest(secret.getBytes(StandardCharsets.UTF_8)));
    assertEquals(digest + "  -\n/run/secrets/TOKEN_FILE\n33\n", run.out());
    for (String shown :
        List.of(
            rendered,
            node.taskctl("-o", "json", "inspect", "holder").expect(0).out(),
            node.taskctl("inspect", "holder").expect(0).out(),
            node.ctr("containers", "info", "holder").out(),
            node.daemonLog())) {
      assertFalse(shown.contains(secret), shown);
    }
    try (Stream<Path> state = Files.walk(node.directory().resolve("state"))) {
      for (Path file : state.filter(Files::isRegularFile).toList()) {
        assertFalse(
            new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(secret),
            file.toString());
      }
    }
    node.taskctl("delete", "holder").expect(0);
    assertEquals(List.of(), Traces.of(node).get("files and secrets"));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void applyBringsTasksToWhatDocumentsSayAndADryRunChangesNothing() {
    String two =
        node.text("one", PackagedNode.SERVICE, "") + "---\n" + node.text("two", "[sh]", "");
    String documents = node.document("set.yaml", two);
    SortedMap<String, List<String>> before = Traces.of(node);
    assertEquals(List.of("create", "create"), actions(node.json("apply", "--dry-run", documents)));
    assertEquals(before, Traces.of(node));
    assertEquals(List.of("create", "create"), actions(node.json("apply", documents)));
    Anchor first = Anchor.of(node.json("inspect", "one"));

    node.document("set.yaml", node.text("one", PackagedNode.SERVICE, "env: {A: b}"));
    JsonNode planned = node.json("apply", "--dry-run", "--prune", documents);
    assertEquals(List.of("replace", "delete"), actions(planned));
    assertTrue(first.isAlive());
    assertEquals(List.of("replace", "delete"), actions(node.json("apply", "--prune", documents)));
    assertFalse(first.isAlive());
    JsonNode left = node.json("list");
    assertEquals(List.of("one"), left.findValuesAsText("name"));
    assertTrue(Anchor.of(left.path(0)).isAlive());
    assertEquals(List.of("none"), actions(node.json("apply", documents)));
    node.taskctl("delete", "-f", "one").expect(0);
    assertEquals(before, Traces.of(node));
  }

  private static List<String> actions(JsonNode changes) {
    return changes.findValuesAsText("action").stream()
        .map(action -> action.toLowerCase(Locale.ROOT))
        .toList();
  }

  @Test
  void validateNeedsNoDaemon() {
    String text = node.text("fine", "[sh]", "");
    assertEquals("", validate(text).expect(0).err());
    Programs.Result misspelt = validate(text + "comand: [sh]\n").expect(1);
    assertEquals(List.of("UNKNOWN_KEY"), misspelt.errorCodes());
    assertTrue(misspelt.err().contains("command"), misspelt.err());
    Programs.Result option = validate(text + "options: {colour: red}\n").expect(1);
    assertEquals(List.of("UNKNOWN_KEY"), option.errorCodes());
  }

  private static Programs.Result validate(String text) {
    List<String> command = PackagedNode.taskctlAt(Path.of("/nonexistent"));
    command.addAll(List.of("-o", "json", "validate", "-"));
    return Programs.run(command, text);
  }

  @Test
  void theNodeTellsWhatItIsAndWhichExecutorsItHas() {
    JsonNode shown = node.json("node");
    assertEquals(node.pluginsDirectory().toString(), shown.path("pluginsDirectory").asText());
    assertTrue(shown.path("memoryBytes").longValue() > 0);
    assertTrue(shown.path("accelerators").isObject());
    assertTrue(shown.path("networks").isArray());
    JsonNode executors = node.json("executors", "list");
    assertEquals(
        List.of("cross-arch", "jvm", "native-container", "qemu", "xen"),
        executors.findValuesAsText("name"));
    assertEquals("bundled", executors.at("/0/trust").asText());
    assertEquals(2, node.taskctl("no-such-command").status());
  }

  @Test
  void theSocketIsItsOwnersAloneAndAnswersHealthChecksAndReflection() throws Exception {
    assertEquals(
        "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(node.socket())));
    EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(node.socket()))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(eventLoop)
            .usePlaintext()
            .overrideAuthority("localhost")
            .build();
    try {
      assertEquals(
          ServingStatus.SERVING,
          HealthGrpc.newBlockingStub(channel)
              .check(HealthCheckRequest.getDefaultInstance())
              .getStatus());
      List<String> services = services(channel);
      assertTrue(services.contains("org.lfedge.eve.tasks.v1.Taskmanager"), services.toString());
    } finally {
      channel.shutdownNow();
      eventLoop
          .shutdownGracefully(0, 1, TimeUnit.SECONDS)
          .awaitUninterruptibly(1, TimeUnit.SECONDS);
    }
  }

  private static List<String> services(ManagedChannel channel) throws Exception {
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> requests =
        ServerReflectionGrpc.newStub(channel)
            .serverReflectionInfo(
                new StreamObserver<>() {
                  @Override
                  public void onNext(ServerReflectionResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answer.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    ServerReflectionResponse response = answer.get(60, TimeUnit.SECONDS);
    requests.onCompleted();
    return response.getListServicesResponse().getServiceList().stream()
        .map(ServiceResponse::getName)
        .toList();
  }
}
