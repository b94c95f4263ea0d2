package org.lfedge.eve.tasks.core.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.lifecycle.Desired;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.lifecycle.RestartPolicy;
import org.lfedge.eve.tasks.core.lifecycle.Supervision;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TaskRecord.Blueprint;
import org.lfedge.eve.tasks.core.port.TaskRecord.Failure;
import org.lfedge.eve.tasks.core.port.TaskRecord.Unfinished;
import org.lfedge.eve.tasks.core.port.TaskStore;
import org.lfedge.eve.tasks.core.port.TrustVerdict;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.ExitRule.Outcome;
import org.lfedge.eve.tasks.spi.seed.Join;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.View;

class FileTaskStoreTest {

  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00.123456789Z");

  @TempDir Path temporary;

  private FileTaskStore store() {
    return new FileTaskStore(temporary.resolve("tasks"));
  }

  private static TaskRecord pending(String name) {
    String yaml = "{name: " + name + ", root: {image: web}, resources: {memory: 64MiB}}";
    return TaskRecord.of(
        new UUID(1, 2),
        TaskDocuments.parse(yaml.getBytes(StandardCharsets.UTF_8), Path.of("/")).get(0),
        Desired.STOPPED,
        NOW);
  }

  private static Seed.Builder seed() {
    AnchorProcess process = AnchorProcess.builder(List.of("serve", "a b", "\"")).build();
    return Seed.builder(Base.TASK, true, process);
  }

  private static Blueprint blueprint(RootFilesystem root) {
    return blueprint(root, Optional.empty());
  }

  private static Blueprint blueprint(RootFilesystem root, Optional<TrustVerdict> trust) {
    return blueprint(root, trust, seed());
  }

  private static Blueprint blueprint(
      RootFilesystem root, Optional<TrustVerdict> trust, Seed.Builder seed) {
    return new Blueprint(
        "native-container",
        "1.0.0",
        "sha256:" + "0".repeat(64),
        Origin.BUNDLED,
        Optional.of("sha256:" + "1".repeat(64)),
        trust,
        root,
        Optional.empty(),
        false,
        seed.build(),
        "{\"ociVersion\": \"1.0.2\"}",
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  private static Stream<TaskRecord> recordsOfEveryShape() {
    TaskRecord planned = pending("a").planned(blueprint(new RootFilesystem.Layers("sha256:2")));
    TaskRecord running =
        planned
            .wanting(Desired.RUNNING)
            .anchored(new Anchor(7, 99, "boot"))
            .started(NOW.plusSeconds(1));
    Seed.Builder cleaned = seed().cleanup(List.of("clear", "away"));
    TaskRecord clearing =
        running.planned(blueprint(new RootFilesystem.Host(), Optional.empty(), cleaned));
    TrustVerdict accepted =
        new TrustVerdict("accept", Optional.empty(), "sha256:3", Optional.empty());
    TrustVerdict signed =
        new TrustVerdict("signature", Optional.of("*"), "sha256:3", Optional.of("a.pub SHA256:x"));
    Failure failure = new Failure(Problem.host("NO_RUNC", "runc is gone"), "create anchor", NOW);
    return Stream.of(
        pending("a"),
        planned,
        pending("a").planned(blueprint(new RootFilesystem.Directory("/srv/a"))),
        pending("a").planned(blueprint(new RootFilesystem.LayeredDirectory("/srv/a"))),
        pending("a")
            .planned(
                blueprint(
                    new RootFilesystem.Limited(
                        new RootFilesystem.Layers("sha256:2"), "/run/volumes/.writable/a"))),
        pending("a").planned(blueprint(new RootFilesystem.Host())),
        running,
        running.stopping(),
        running.exited(new ExitStatus(OptionalInt.of(137), NOW, true)),
        running.exited(ExitStatus.unknown(NOW)),
        running.exited(
            new ExitStatus(
                OptionalInt.of(0),
                NOW,
                false,
                Optional.of(Outcome.OUT_OF_MEMORY),
                Optional.of("the guest ran out of memory"))),
        running.exited(
            new ExitStatus(
                OptionalInt.of(3), NOW, false, Optional.of(Outcome.FAILURE), Optional.empty())),
        running.exited(ExitStatus.unknown(NOW)).failed(failure),
        running.exited(ExitStatus.unknown(NOW)).removed(),
        running.supervised(Supervision.asked(true).due(NOW, "asked for")),
        running.supervised(
            Supervision.NONE.ended(
                RestartPolicy.DEFAULT,
                Supervision.End.FAILURE,
                "exit code 3",
                Duration.ZERO,
                NOW,
                0.5)),
        running.supervised(Supervision.NONE.ailing("unhealthy")).stopping(),
        pending("a").planned(blueprint(new RootFilesystem.Host(), Optional.of(accepted))),
        pending("a").planned(blueprint(new RootFilesystem.Host(), Optional.of(signed))),
        running.with(Unfinished.LIMITS),
        clearing.exited(ExitStatus.unknown(NOW)),
        clearing.exited(ExitStatus.unknown(NOW)).uncleaned(failure),
        withMeans(),
        running.with(Unfinished.replacement(pending("a").document())),
        running.telling(
            List.of(
                TaskEvent.of(TaskEvent.Type.EXITED, NOW)
                    .of(new Anchor(7, 99, "boot"))
                    .with(new ExitStatus(OptionalInt.of(3), NOW, false)),
                TaskEvent.of(TaskEvent.Type.FAILED, NOW)
                    .with(failure)
                    .next(Optional.of(NOW))
                    .because(Optional.of("why")),
                TaskEvent.of(TaskEvent.Type.OOM_KILLED, NOW).counting(2))));
  }

  /** A task with everything that a document can ask the node for. */
  private static TaskRecord withMeans() {
    String yaml =
        """
        name: a
        root: {image: web, maxWritable: 1GiB}
        resources: {memory: 64MiB}
        volumes:
          - {name: data, source: /srv/a, target: /data, readOnly: true, propagation: slave}
          - {name: own, source: {blank: 64MiB}, target: /own, owner: "1000:100"}
          - {name: disk, source: {file: /srv/d, format: qcow2}}
          - {name: kept, source: {volume: other.data}, target: /kept}
          - {name: theme, source: {image: theme}, target: /theme}
          - {name: shm, source: {tmpfs: 1MiB}, target: /dev/shm}
          - name: seed
            source: {cloudInit: {userData: 'A="b"', metaData: {k: v}, networkConfig: n}}
        interfaces:
          - {network: bn1, mac: "02:00:00:00:00:01", addresses: [10.1.0.5/24], mtu: 1500,
             dns: [10.1.0.1], ports: ["[::1]:80:80/tcp"],
             allow: [{direction: egress, cidr: 10.0.0.0/8, port: 443, protocol: tcp}]}
          - {network: bn2, allow: []}
        devices: [{path: /dev/ttyS0, access: r}, {cdi: v/c=0}, {pci: "00:02.0"}, {usb: 1-2}, {nic: wan}]
        """;
    TaskRecord record =
        TaskRecord.of(
            new UUID(1, 2),
            TaskDocuments.parse(yaml.getBytes(StandardCharsets.UTF_8), Path.of("/")).get(0),
            Desired.RUNNING,
            NOW);
    Seed seed =
        Seed.builder(Base.TASK, true, AnchorProcess.builder(List.of("serve")).build())
            .mount(new Mount(new Source.OfVolume("data", View.FILESYSTEM), "/data", true))
            .attachment(new Attachment("eth0", "tap0", 1000, Join.REDIRECT))
            .build();
    Blueprint plain = blueprint(new RootFilesystem.Layers("sha256:2"));
    return record.planned(
        new Blueprint(
            plain.executor(),
            plain.executorVersion(),
            plain.executorDigest(),
            plain.origin(),
            plain.imageDigest(),
            plain.trust(),
            plain.root(),
            Optional.of(
                new TaskRecord.Tools(
                    "sha256:6",
                    new TrustVerdict("digest", Optional.empty(), "sha256:7", Optional.empty()),
                    Optional.of("sha256:8"))),
            true,
            seed,
            plain.specJson(),
            Optional.of(new UserData.Text("SITE=north")),
            Optional.of(new TaskRecord.Emulation("platform", "linux/arm64")),
            Optional.of(
                new TaskRecord.Fetched("sha256:9", "a.example/app:1", Optional.of("sha256:a")))));
  }

  /** As the version before volumes, interfaces and devices wrote it, so each reads the other's. */
  @Test
  void theRecordOfATaskWithoutMeansIsThatOfEarlierVersions() throws IOException {
    store().save(pending("a"));
    Path file = temporary.resolve("tasks/a.json");
    String document =
        "{\"version\":1,\"name\":\"a\",\"root\":{\"image\":\"web\",\"pull\":\"missing\",\"readOnly\":false},"
            + "\"command\":[],\"env\":{},\"init\":false,"
            + "\"resources\":{\"memory\":\"64MiB\",\"cpus\":1,\"pin\":[]},"
            + "\"terminal\":false,\"stop\":{\"grace\":\"30s\"},"
            + "\"restart\":{\"policy\":\"on-failure\",\"backoff\":\"1s\",\"maxBackoff\":\"5m\"},"
            + "\"after\":[],\"options\":{}}";
    String written = Files.readString(file);
    assertTrue(written.contains("\"document\":" + document), written);
    assertEquals(List.of(pending("a")), store().load().records());
  }

  @Test
  void everyRecordReadsBackAsItWas() {
    recordsOfEveryShape()
        .forEach(
            record -> {
              store().save(record);
              assertEquals(List.of(record), store().load().records());
            });
  }

  @Test
  void recordsAreForTheirOwnerAlone() throws IOException {
    store();
    assertEquals(
        "rwx------",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(temporary.resolve("tasks"))));
  }

  @Test
  void nothingIsLeftOfADeletedRecord() throws IOException {
    store().save(pending("a"));
    store().delete("a");
    store().delete("a");
    try (Stream<Path> files = Files.list(temporary.resolve("tasks"))) {
      assertEquals(0, files.count());
    }
  }

  @Test
  void aDamagedRecordIsNamedAndDoesNotHideTheOthers() throws IOException {
    store().save(pending("good"));
    for (String text : List.of("", "{", "{}", "[1]", "{\"format\": 1}", "null")) {
      Files.writeString(temporary.resolve("tasks/bad.json"), text);
      TaskStore.Contents contents = store().load();
      assertEquals(List.of("good"), contents.records().stream().map(TaskRecord::name).toList());
      assertEquals(
          List.of("bad"), contents.unreadable().stream().map(TaskStore.Unreadable::name).toList());
      assertEquals("RECORD_UNREADABLE", contents.unreadable().get(0).problem().code());
    }
  }

  @Test
  void everyTruncationOfARecordIsNoticed() throws IOException {
    store().save(recordsOfEveryShape().toList().get(5));
    Path file = temporary.resolve("tasks/a.json");
    byte[] whole = Files.readAllBytes(file);
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertTrue(store().load().records().isEmpty(), "of " + length + " bytes");
    }
  }

  @Test
  void aRecordThatWasBeingWrittenIsNotTakenForOne() throws IOException {
    store().save(pending("a"));
    Files.writeString(temporary.resolve("tasks/a.new"), "{\"format\"");
    assertEquals(List.of(pending("a")), store().load().records());
    assertEquals(List.of(), store().load().unreadable());
  }

  @Test
  void whatAKilledDaemonWasWritingIsRemovedByTheNext() throws IOException {
    store().save(pending("a"));
    Files.writeString(temporary.resolve("tasks/a.new"), "{\"format\"");
    Files.writeString(temporary.resolve("tasks/never.new"), "");
    assertEquals(List.of(pending("a")), store().load().records());
    try (Stream<Path> files = Files.list(temporary.resolve("tasks"))) {
      assertEquals(List.of("a.json"), files.map(file -> file.getFileName().toString()).toList());
    }
  }
}
