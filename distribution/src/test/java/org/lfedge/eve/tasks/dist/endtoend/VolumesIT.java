package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The volumes of tasks, and those that the node keeps, as a user has to do with them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VolumesIT {

  private static final String IDLE = "[busybox, sh, -c, 'trap : TERM; while :; do sleep 9; done']";

  private final PackagedNode node = new PackagedNode();

  @AfterAll
  void close() {
    node.close();
  }

  private Programs.Result inside(String task, String script) {
    return node.taskctl("exec", task, "--", "busybox", "sh", "-c", script);
  }

  private void run(String task, String volumes) {
    node.taskctl("run", "-d", node.document(task, IDLE, "stop: {grace: 0s}\n" + volumes)).expect(0);
  }

  @Test
  void whatIsWrittenToABlankVolumeOutlivesItsTask() {
    String volumes = "volumes: [{name: data, source: {blank: 64MiB}, target: /data}]";
    run("keeper", volumes);
    inside("keeper", "echo kept > /data/file && busybox sync").expect(0);
    node.taskctl("stop", "keeper").expect(0);
    node.taskctl("start", "keeper").expect(0);
    assertEquals("kept\n", inside("keeper", "cat /data/file").expect(0).out());
    node.taskctl("delete", "--force", "keeper").expect(0);
    run("keeper", volumes);
    assertEquals("kept\n", inside("keeper", "cat /data/file").expect(0).out());

    node.kill();
    node.start();
    assertEquals("kept\n", inside("keeper", "cat /data/file").expect(0).out());
    JsonNode volume = node.json("volumes", "inspect", "keeper.data");
    assertEquals(64L << 20, volume.path("limitBytes").longValue());
    assertEquals("keeper", volume.path("madeFor").asText());
    assertEquals(List.of("VOLUME_IN_USE"), deleteVolume("keeper.data").errorCodes());

    node.taskctl("delete", "--force", "--purge", "keeper").expect(0);
    assertEquals(0, node.json("volumes", "list").size());
  }

  private Programs.Result deleteVolume(String name) {
    return node.taskctl("-o", "json", "volumes", "delete", name);
  }

  @Test
  void theLimitOfAVolumeHolds() {
    run("full", "volumes: [{name: data, source: {blank: 64MiB}, target: /data}]");
    Programs.Result written =
        inside("full", "busybox dd if=/dev/zero of=/data/big bs=1M count=100 2>&1");
    assertTrue(written.out().contains("No space left on device"), written.toString());
    JsonNode volume = node.json("volumes", "inspect", "full.data");
    assertTrue(volume.path("usedBytes").longValue() > 50L << 20, volume.toString());
    assertTrue(volume.path("usedBytes").longValue() <= 64L << 20, volume.toString());
    node.taskctl("delete", "--force", "--purge", "full").expect(0);
  }

  @Tag("long")
  @Test
  void whatTasksWriteToTheirRootHasALimitThatStatsShow() {
    String image =
        BusyboxImage.layout(node.documents().resolve("root"), "small:1", BusyboxImage.image())
            .toString();
    node.taskctl("images", "import", image).expect(0);
    node.taskctl(
            "run",
            "-d",
            node.document(
                "small.yaml",
                """
                name: small
                root: {image: small:1, maxWritable: 16MiB}
                command: %s
                resources: {memory: 32MiB, cpus: 0.5}
                restart: {policy: never}
                stop: {grace: 0s}
                """
                    .formatted(IDLE)))
        .expect(0);
    Programs.Result written =
        inside("small", "busybox dd if=/dev/zero of=/big bs=1M count=40 2>&1");
    assertTrue(written.out().contains("No space left on device"), written.toString());
    JsonNode stats = node.json("stats", "small").get(0);
    assertEquals(16L << 20, stats.path("writableLimitBytes").longValue(), stats.toString());
    assertTrue(stats.path("writableBytes").longValue() > 8L << 20, stats.toString());
    Programs.Result directory =
        node.taskctl(
            "-o",
            "json",
            "create",
            node.document(
                "small.yaml",
                "{name: none, root: {directory: %s, maxWritable: 16MiB}, resources: {memory: 32MiB}}"
                    .formatted(node.busyboxRoot())));
    assertEquals(List.of("CONFLICT"), directory.errorCodes(), directory.toString());
    node.taskctl("delete", "--force", "small").expect(0);
  }

  @Test
  void directoriesFilesAndMemoryAreMounted() throws IOException {
    Path shared = Files.createDirectory(node.documents().resolve("shared"));
    Files.writeString(shared.resolve("hello"), "from the node\n");
    Files.writeString(node.documents().resolve("one.conf"), "setting\n");
    run(
        "mounts",
        """
        volumes:
        - {name: inner, source: {tmpfs: 1MiB}, target: /data/inner}
        - {name: outer, source: shared, target: /data}
        - {name: fixed, source: shared, target: /fixed, readOnly: true}
        - {name: conf, source: one.conf, target: /etc/one.conf, readOnly: true}
        """);
    assertEquals("from the node\n", inside("mounts", "cat /data/hello").expect(0).out());
    assertEquals("setting\n", inside("mounts", "cat /etc/one.conf").expect(0).out());
    inside("mounts", "echo up > /data/made").expect(0);
    assertEquals("up\n", Files.readString(shared.resolve("made")));
    inside("mounts", "echo no > /fixed/made").expect(1);
    inside("mounts", "echo no > /etc/one.conf").expect(1);
    inside("mounts", "busybox dd if=/dev/zero of=/data/inner/big bs=1M count=2").expect(1);
    node.taskctl("delete", "--force", "mounts").expect(0);
  }

  @Tag("long")
  @Test
  void disksAreMountedWithTheirContent() throws IOException {
    Path content = Files.createDirectory(node.documents().resolve("content"));
    Files.writeString(content.resolve("hello"), "from the disk\n");
    Path raw = node.documents().resolve("disk.raw");
    Path qcow2 = node.documents().resolve("disk.qcow2");
    Programs.run(List.of("mkfs.ext4", "-q", "-d", content.toString(), raw.toString(), "8M"))
        .expect(0);
    Programs.run(List.of("qemu-img", "convert", "-O", "qcow2", raw.toString(), qcow2.toString()))
        .expect(0);
    run(
        "disks",
        """
        volumes:
        - {name: raw, source: {file: disk.raw, format: raw}, target: /raw}
        - {name: qcow2, source: {file: disk.qcow2, format: qcow2}, target: /qcow2, readOnly: true}
        """);
    assertEquals("from the disk\n", inside("disks", "cat /raw/hello").expect(0).out());
    assertEquals("from the disk\n", inside("disks", "cat /qcow2/hello").expect(0).out());
    inside("disks", "echo no > /qcow2/made").expect(1);
    inside("disks", "echo written > /raw/made && busybox sync").expect(0);
    node.taskctl("stop", "disks").expect(0);
    node.taskctl("start", "disks").expect(0);
    assertEquals("written\n", inside("disks", "cat /raw/made").expect(0).out());
    node.taskctl("delete", "--force", "disks").expect(0);
  }

  @Test
  void tasksShareAVolumeOfTheNode() {
    node.taskctl("volumes", "create", "common", "--size", "8MiB", "--owner", "7:8").expect(0);
    String volumes = "volumes: [{name: data, source: {volume: common}, target: /data}]";
    run("left", volumes);
    run("right", volumes);
    inside("left", "echo both > /data/file").expect(0);
    assertEquals("both\n", inside("right", "cat /data/file").expect(0).out());
    assertEquals("7:8\n", inside("right", "busybox stat -c %u:%g /data").expect(0).out());
    node.taskctl("delete", "--force", "left").expect(0);
    assertEquals("both\n", inside("right", "cat /data/file").expect(0).out());
    assertEquals(List.of("VOLUME_IN_USE"), deleteVolume("common").errorCodes());
    node.taskctl("delete", "--force", "right").expect(0);
    deleteVolume("common").expect(0);
    assertEquals(List.of("VOLUME_NOT_FOUND"), deleteVolume("common").errorCodes());
  }

  @Test
  void volumesAreMadeOfDisks() throws IOException {
    Path content = Files.createDirectory(node.documents().resolve("of-disk"));
    Files.writeString(content.resolve("hello"), "from the disk\n");
    Path raw = node.documents().resolve("whole.raw");
    Path qcow2 = node.documents().resolve("whole.qcow2");
    Programs.run(List.of("mkfs.ext4", "-q", "-d", content.toString(), raw.toString(), "8M"))
        .expect(0);
    Programs.run(List.of("qemu-img", "convert", "-O", "qcow2", raw.toString(), qcow2.toString()))
        .expect(0);
    String digest =
        "sha256:"
            + Programs.run(List.of("sha256sum", qcow2.toString())).expect(0).out().split(" ")[0];
    createDisk("of-raw", raw, "raw").expect(0);
    createDisk("of-qcow2", qcow2, "qcow2", "--size", "16MiB", "--digest", digest).expect(0);
    JsonNode volumes = node.json("volumes", "list");
    assertEquals(List.of("of-qcow2", "of-raw"), volumes.findValuesAsText("name"));
    assertEquals(List.of("disk", "disk"), volumes.findValuesAsText("kind"));
    assertEquals(List.of(qcow2.toString(), raw.toString()), volumes.findValuesAsText("content"));
    assertEquals(
        List.of("" + (16L << 20), "" + (8L << 20)), volumes.findValuesAsText("limitBytes"));

    String first = "volumes: [{name: data, source: {volume: of-qcow2}, target: /data}]";
    run("disk", first);
    assertEquals("from the disk\n", inside("disk", "cat /data/hello").expect(0).out());
    inside("disk", "echo changed > /data/hello && busybox sync").expect(0);
    node.taskctl("delete", "--force", "disk").expect(0);
    run("disk", first);
    assertEquals("changed\n", inside("disk", "cat /data/hello").expect(0).out());
    node.taskctl("delete", "--force", "disk").expect(0);

    assertEquals(List.of("VOLUME_EXISTS"), createDisk("of-raw", raw, "raw").errorCodes());
    assertEquals(
        List.of("DIGEST_MISMATCH"), createDisk("c", raw, "raw", "--digest", digest).errorCodes());
    assertEquals(List.of("BAD_VALUE"), createDisk("c", raw, "zip").errorCodes());
    assertEquals(List.of("CONFLICT"), createDisk("c", raw, "raw", "--owner", "1:1").errorCodes());
    assertEquals(
        List.of("USAGE"), node.taskctl("-o", "json", "volumes", "create", "c").errorCodes());
    deleteVolume("of-raw").expect(0);
    deleteVolume("of-qcow2").expect(0);
  }

  private Programs.Result createDisk(String name, Path disk, String format, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("-o", "json", "volumes", "create", name, "--disk"));
    arguments.addAll(List.of(disk.toString(), "--format", format));
    arguments.addAll(List.of(more));
    return node.taskctl(arguments.toArray(String[]::new));
  }

  @Test
  void whatCannotBeMountedIsRefusedAndLeavesNothing() throws IOException {
    Path out = node.documents().resolve("out");
    Files.createSymbolicLink(out, Path.of("/etc"));
    refused("volumes: [{name: a, source: out, target: /a}]", "SOURCE_NOT_ALLOWED");
    refused("volumes: [{name: a, source: /etc, target: /a}]", "SOURCE_NOT_ALLOWED");
    refused("volumes: [{name: a, source: ../../etc, target: /a}]", "SOURCE_NOT_ALLOWED");
    refused("volumes: [{name: a, source: nowhere, target: /a}]", "SOURCE_NOT_FOUND");
    refused("volumes: [{name: a, source: {volume: nowhere}, target: /a}]", "VOLUME_NOT_FOUND");
    refused("volumes: [{name: a, source: {tmpfs: 1MiB}, target: a}]", "BAD_VALUE");
    refused(
        "volumes: [{name: a, source: {tmpfs: 1MiB}, target: /a},"
            + " {name: b, source: {tmpfs: 1MiB}, target: /x/../a}]",
        "BAD_VALUE");
    refused(
        "volumes: [{name: a, source: {tmpfs: 1MiB}, target: /a},"
            + " {name: b, source: {tmpfs: 1MiB}, target: /a/}]",
        "DUPLICATE_TARGET");
    assertEquals(0, node.json("list").size());
    assertEquals(0, node.json("volumes", "list").size());
  }

  private void refused(String volumes, String code) {
    Programs.Result result =
        node.taskctl("-o", "json", "create", node.document("refused", IDLE, volumes));
    assertEquals(List.of(code), result.errorCodes(), result.toString());
  }
}
