package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.eventually;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.App;
import org.lfedge.eve.tasks.core.eve.DomainConfig;
import org.lfedge.eve.tasks.core.eve.HostAccess;
import org.lfedge.eve.tasks.core.eve.Wanted;
import org.lfedge.eve.tasks.core.eve.api.ZInfoMsg;
import org.lfedge.eve.tasks.core.eve.api.ZMetricMsg;
import org.lfedge.eve.tasks.core.eve.api.ZSwState;
import org.lfedge.eve.tasks.core.fleet.DomainReports;
import org.lfedge.eve.tasks.core.fleet.Fleet;
import org.lfedge.eve.tasks.core.fleet.FleetReports;
import org.lfedge.eve.tasks.core.store.FileAppRecords;

/** What is told of apps whose tasks an engine in memory runs, and whose logs are real. */
class FleetReportsTest extends EngineTest {

  private static final String WEB = "00000001-1111-4222-8333-000000000001";
  private static final String OTHER = "00000002-1111-4222-8333-000000000002";
  private static final FleetReports.Pace PACE =
      new FleetReports.Pace(Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofMillis(1));

  private final Controller controller = new Controller();
  private FileAppRecords records;
  private Fleet fleet;
  private FleetReports reports;

  /** What a controller was told. */
  private static final class Controller implements FleetReports.Outbox {
    final Map<String, ZInfoMsg> infos = new ConcurrentSkipListMap<>();
    final List<ZMetricMsg> metrics = new CopyOnWriteArrayList<>();
    final List<String> lines = new CopyOnWriteArrayList<>();
    volatile Optional<String> device = Optional.of("device-1");

    /** What there is no room for. */
    volatile Set<String> full = Set.of();

    /** What is done with a bundle of a log. */
    volatile Runnable onLog = () -> {};

    @Override
    public Optional<String> device() {
      return device;
    }

    @Override
    public void info(String key, byte[] message) {
      if (full.contains(key)) {
        throw TaskException.failed(Problem.host("CONTROLLER_STATE", "no space is left"));
      }
      try {
        infos.put(key, ZInfoMsg.parseFrom(message));
      } catch (InvalidProtocolBufferException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void metrics(byte[] message) {
      try {
        metrics.add(ZMetricMsg.parseFrom(message));
      } catch (InvalidProtocolBufferException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void log(String app, byte[] bundle) {
      if (full.contains("log:" + app)) {
        throw TaskException.failed(Problem.host("CONTROLLER_STATE", "no space is left"));
      }
      try (GZIPInputStream unpacked = new GZIPInputStream(new ByteArrayInputStream(bundle))) {
        for (String entry :
            new String(unpacked.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
          lines.add(app + " " + new ObjectMapper().readTree(entry).path("content").asText());
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      onLog.run();
    }
  }

  @BeforeEach
  void startReports() {
    // Files have the time of the kernel, some milliseconds behind: no task starts after it writes.
    engine.clock.shift(Duration.ofMinutes(-1));
    records = new FileAppRecords(directory.resolve("apps"));
    fleet =
        new Fleet(
            new Fleet.Parts(
                engine.manager(),
                engine.volumes,
                records,
                new Fleet.Surroundings() {
                  @Override
                  public SortedMap<String, List<Problem>> networks(
                      SortedMap<String, JsonNode> sections) {
                    return new TreeMap<>();
                  }

                  @Override
                  public void hosts(SortedMap<String, HostAccess> hosts) {}
                },
                engine.clock));
    reports = newReports();
  }

  private FleetReports newReports() {
    return FleetReports.start(fleet, sources(), controller, () -> Duration.ofMillis(1), PACE);
  }

  private FleetReports.Sources sources() {
    return new FleetReports.Sources(
        engine.manager(),
        engine.events,
        ids -> new TreeMap<>(),
        pid -> new TreeMap<>(),
        engine.output,
        records.logMarks(),
        engine.volumes,
        new EngineFixture.SomeHost(),
        "node",
        engine.clock);
  }

  @AfterEach
  void stopReports() {
    controller.onLog = () -> {};
    reports.close();
    fleet.close();
  }

  private static App app(String id) {
    return new App(
        id,
        "1",
        "An app",
        true,
        0,
        0,
        Duration.ZERO,
        Optional.of(
            document(
                "{name: '"
                    + id
                    + "', root: {image: web}, command: [serve], resources: {memory: 64MiB},"
                    + " stop: {grace: 100ms}, restart: {policy: never}}")),
        List.of(),
        List.of());
  }

  private void want(String... apps) {
    fleet.want(
        new Wanted(
            List.of(apps).stream().map(FleetReportsTest::app).toList(),
            new TreeSet<>(),
            new TreeMap<>(),
            new TreeMap<>()));
    eventually(
        () -> "not all of them run: " + engine.manager().list(),
        () ->
            engine.manager().list().stream().filter(task -> task.anchor().isPresent()).count()
                == apps.length);
  }

  private void write(String app, String text) {
    try {
      Files.write(
          engine.output.files(app).stdout(),
          text.getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void anAppThatWritesFasterThanItIsReadKeepsNothingElseFromBeingTold() {
    want(WEB);
    String much = ("x".repeat(999) + "\n").repeat(600);
    AtomicInteger bundles = new AtomicInteger();
    controller.onLog =
        () -> {
          bundles.incrementAndGet();
          write(WEB, much);
        };
    write(WEB, much);
    eventually(() -> "only " + bundles + " bundles", () -> bundles.get() > 8);
    int before = controller.metrics.size();
    eventually(() -> "no metrics any more", () -> controller.metrics.size() > before);
  }

  private void awaitRunning(String app, String device) {
    eventually(
        () -> app + " is not told: " + controller.infos,
        () -> {
          ZInfoMsg told = controller.infos.get("app:" + app);
          return told != null
              && told.getDevId().equals(device)
              && told.getAinfo().getState() == ZSwState.RUNNING;
        });
  }

  private void awaitNode(String device, int apps) {
    eventually(
        () -> "the node is not told: " + controller.infos,
        () -> {
          ZInfoMsg told = controller.infos.get("device");
          return told != null
              && told.getDevId().equals(device)
              && told.getDinfo().getAppInstancesCount() == apps;
        });
  }

  @Test
  void whatCannotBeToldKeepsNothingElseAndIsToldWhenItCanBe() {
    controller.full = Set.of("app:" + WEB, "device");
    want(WEB, OTHER);
    awaitRunning(OTHER, "device-1");
    assertNull(controller.infos.get("app:" + WEB));
    controller.full = Set.of();
    awaitRunning(WEB, "device-1");
    awaitNode("device-1", 2);
  }

  @Test
  void aNodeThatIsTakenInAnewTellsAllAgain() {
    want(WEB);
    awaitRunning(WEB, "device-1");
    awaitNode("device-1", 1);
    controller.device = Optional.of("device-2");
    awaitRunning(WEB, "device-2");
    awaitNode("device-2", 1);
  }

  private void awaitLines(String... lines) {
    eventually(
        () -> "not all lines are told: " + controller.lines,
        () -> controller.lines.containsAll(List.of(lines)));
    assertEquals(List.of(lines), controller.lines);
  }

  @Test
  void aLogThatCannotBeHandedOverKeepsNoOtherAndIsHandedOverLater() {
    want(WEB, OTHER);
    controller.full = Set.of("log:" + WEB);
    write(WEB, "one\n");
    write(OTHER, "two\n");
    awaitLines(OTHER + " two");
    controller.full = Set.of();
    awaitLines(OTHER + " two", WEB + " one");
  }

  @Test
  void aRestartOfTheDaemonDoublesAndLosesNoLine() {
    want(WEB);
    write(WEB, "one\ntwo\nth");
    awaitLines(WEB + " one", WEB + " two");
    eventually(
        () -> "no mark",
        () -> records.logMarks().find(WEB).filter(mark -> mark.place().stdout() == 8).isPresent());
    reports.close();
    reports = newReports();
    write(WEB, "ree\n");
    awaitLines(WEB + " one", WEB + " two", WEB + " three");
  }

  @Test
  void aDomainThatCannotBePublishedKeepsNoOther() {
    Set<String> published = ConcurrentHashMap.newKeySet();
    DomainReports.Board board =
        new DomainReports.Board() {
          @Override
          public void publish(String topic, String key, byte[] value) {
            if (key.equals(WEB)) {
              throw TaskException.failed(Problem.host("PUBLICATION_FAILED", "no space is left"));
            }
            published.add(topic + " " + key);
          }

          @Override
          public void retain(String topic, SortedSet<String> keys) {
            published.add(topic + " alone of " + keys);
          }
        };
    try (DomainReports domains =
        DomainReports.start(fleet, sources(), board, Duration.ofMillis(1))) {
      SortedMap<String, DomainConfig> configs = new TreeMap<>();
      for (String id : List.of(WEB, OTHER)) {
        byte[] config =
            ("{\"UUIDandVersion\": {\"UUID\": \"" + id + "\", \"Version\": \"1\"}}")
                .getBytes(StandardCharsets.UTF_8);
        configs.put(id, DomainConfig.parse(config, id));
      }
      domains.domains(configs);
      want(WEB, OTHER);
      Set<String> expected =
          Set.of(
              "DomainStatus " + OTHER,
              "DomainMetric " + OTHER,
              "DomainStatus alone of [" + WEB + ", " + OTHER + "]");
      eventually(() -> "only " + published, () -> published.containsAll(expected));
    }
  }
}
