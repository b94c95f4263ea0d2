package org.lfedge.eve.tasks.dist.endtoend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A virtual machine is a task: its anchor is qemu, and all else is as with any other. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GuestIT {

  private static final String NATIVE = "native-container";
  private static final String QEMU = "qemu";

  private static final String NETWORKS =
      "networks: {lan: {type: bridge, subnets: [10.233.1.0/24]}}\n";

  private final VirtualMachines machines = new VirtualMachines(NETWORKS);

  @AfterAll
  void close() {
    machines.close();
  }

  /** Says who and where it is, and ends in a way of its choice. */
  @ParameterizedTest
  @CsvSource({"exit 3, 3", "kill -KILL $$, 137"})
  void anImageRunsInAMachineAsItDoesWithoutOne(String end, int code) {
    String command =
        "[sh, -c, 'id; pwd; busybox env | busybox sort; cat /etc/passwd; echo \"$AWKWARD\" >&2; "
            + end
            + "']";
    String more =
        """
        user: www
        workingDir: /tmp
        init: true
        env: {AWKWARD: "a 'b' \\"c\\" $HOME `id` \\\\ ; | & é\\n", EMPTY: ""}
        """;
    machines.run("plain", NATIVE, command, more);
    machines.run("guest", QEMU, command, more);

    JsonNode plain = machines.await("plain", "STOPPED");
    JsonNode guest = machines.await("guest", "STOPPED");

    assertEquals(code, guest.path("exitCode").intValue(), machines.output("guest"));
    assertEquals(plain.path("exitCode"), guest.path("exitCode"));
    assertEquals(plain.path("exitSignal"), guest.path("exitSignal"));
    // A guest has one console for both streams.
    String streams =
        machines.output("plain")
            + Programs.read(machines.node().directory().resolve("state/logs/plain/stderr"));
    assertEquals(streams, machines.output("guest"));
    machines.delete("plain", "guest");
  }

  @Test
  void theAnchorIsQemuAndItsLimitIsTheGuestsMemoryAndTheTax() throws IOException {
    machines.run(
        "machine",
        QEMU,
        "[sh, -c, 'busybox uname -r; busybox cat /sys/class/tpm/tpm0/tpm_version_major;"
            + " trap \"echo told; exit 5\" TERM; echo up; while :; do sleep 1; done']",
        "stop: {grace: 60s}\noptions: {tpm: true}");
    machines.node().awaitOutput("machine", "up");

    JsonNode machine = machines.inspect("machine");
    Anchor anchor = Anchor.of(machine);
    Path program = Files.readSymbolicLink(Path.of("/proc/" + anchor.pid() + "/exe"));
    assertTrue(program.getFileName().toString().startsWith("qemu-system-"), program.toString());
    JsonNode memory = machine.path("memory");
    assertEquals(96L << 20, memory.path("askedBytes").longValue());
    assertTrue(memory.path("taxBytes").longValue() > 0, memory.toString());
    assertEquals(
        memory.path("askedBytes").longValue() + memory.path("taxBytes").longValue(),
        memory.path("limitBytes").longValue());
    String status = Programs.read(Path.of("/proc/" + anchor.pid() + "/status"));
    assertFalse(status.contains("\nUid:\t0\t0"), "qemu runs as root: " + status);
    // The guest has a kernel of its own.
    assertFalse(machines.output("machine").contains(System.getProperty("os.version")));
    assertTrue(machines.output("machine").lines().toList().contains("2"), "it has a TPM 2");

    JsonNode stopped = machines.node().json("stop", "machine");
    assertEquals(5, stopped.path("exitCode").intValue(), machines.output("machine"));
    assertTrue(machines.output("machine").contains("told"), machines.output("machine"));
    assertFalse(anchor.isAlive());

    // What it wrote to its root is there at the next start, by another process.
    machines.node().taskctl("start", "machine").expect(0);
    Anchor next = machines.anchor("machine");
    assertFalse(next.equals(anchor));
    machines.delete("machine");
    assertFalse(next.isAlive());
  }

  @Test
  void aMachineHasTheInterfaceOfItsTask() {
    machines.run(
        "peer",
        NATIVE,
        "[busybox, sh, -c, 'mkdir -p /tmp/www; echo peer > /tmp/www/index.html;"
            + " busybox httpd -f -p 80 -h /tmp/www']",
        "interfaces: [{name: eth0, network: lan}]");
    String peer = address("peer");
    machines.run(
        "guest",
        QEMU,
        "[sh, -c, 'busybox ip link show eth7; busybox wget -qO- http://%s/; mkdir /tmp/www;"
                .formatted(peer)
            + " echo guest > /tmp/www/index.html; busybox httpd -p 80 -h /tmp/www; echo up;"
            + " exec sleep 1000']",
        "interfaces: [{name: eth7, network: lan, mac: \"02:16:3e:07:07:07\"}]");
    machines.node().awaitOutput("guest", "up");

    String output = machines.output("guest");
    assertTrue(output.contains("02:16:3e:07:07:07"), output);
    assertTrue(output.lines().toList().contains("peer"), output);
    // From the node, and from the other task.
    String url = "http://" + address("guest") + "/";
    assertEquals("guest\n", Programs.run(List.of("curl", "-sS", url)).expect(0).out());
    assertEquals(
        "guest\n",
        machines
            .node()
            .taskctl("exec", "peer", "--", "busybox", "wget", "-qO-", url)
            .expect(0)
            .out());
    machines.delete("guest", "peer");
  }

  private String address(String task) {
    String address =
        machines.inspect(task).path("interfaces").path(0).path("addresses").path(0).asText();
    return address.substring(0, address.indexOf('/'));
  }

  @Tag("long")
  @Test
  void anImageForAnotherArchitectureRunsInAMachineOfIt() {
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    machines.importForeign("other:1", arm ? "amd64" : "arm64");
    machines
        .node()
        .taskctl(
            "run", "-d", machines.document("other", QEMU, "other:1", "[busybox, uname, -m]", ""))
        .expect(0);
    JsonNode ended = machines.await("other", "STOPPED");
    assertEquals(0, ended.path("exitCode").intValue(), ended.toString());
    assertEquals(arm ? "x86_64\n" : "aarch64\n", machines.output("other"));
    machines.delete("other");
  }

  /** Nothing of them is read but by a program that sees no other file. */
  @Test
  void aDiskThatBuildsOnOtherFilesIsRefused() throws IOException {
    Path disk = machines.node().documents().resolve("hostile.img");
    String on = "qemu-img create -q -f qcow2 -F raw -b /etc/shadow " + disk;
    Programs.run(List.of("sh", "-c", on)).expect(0);
    assertEquals(List.of("BACKING_FILE_REFUSED"), refusal(disk, "qcow2"));
    Files.writeString(
        disk,
        """
        # Disk DescriptorFile
        version=1
        CID=fffffffe
        parentCID=ffffffff
        createType="monolithicFlat"
        RW 8 FLAT "/etc/shadow" 0
        """);
    assertEquals(1, refusal(disk, "vmdk").size());
    Programs.run(
            List.of("sh", "-c", "qemu-img create -q -f qcow2 -o cluster_size=2M " + disk + " 1P"))
        .expect(0);
    assertEquals(List.of("DISK_TOO_LARGE"), refusal(disk, "qcow2"));
    assertEquals(List.of("DISK_UNREADABLE"), refusal(disk, "vhdx"));
  }

  private List<String> refusal(Path disk, String format) {
    String document =
        machines
            .node()
            .document(
                "hostile.yaml",
                """
                name: hostile
                executor: qemu
                root: {disk: {source: %s, format: %s}}
                resources: {memory: 64MiB}
                """
                    .formatted(disk, format));
    return machines.node().taskctl("-o", "json", "create", document).errorCodes();
  }

  @Tag("long")
  @Test
  void howAMachineEndsIsTold() {
    machines.run("panics", QEMU, "[sh, -c, 'echo c > /proc/sysrq-trigger; sleep 1000']", "");
    JsonNode panicked = machines.await("panics", "STOPPED");
    assertEquals("crash", panicked.path("exitOutcome").asText(), panicked.toString());

    machines.run("killed", QEMU, "[sh, -c, 'echo up; sleep 1000']", "restart: {policy: never}");
    machines.node().awaitOutput("killed", "up");
    Anchor anchor = machines.anchor("killed");
    ProcessHandle.of(anchor.pid()).orElseThrow().destroyForcibly();
    JsonNode killed = machines.await("killed", "STOPPED");
    assertEquals(9, killed.path("exitSignal").intValue(), killed.toString());
    assertFalse(killed.path("oomKilled").booleanValue(), killed.toString());

    // A tax that is far too small.
    machines.run(
        "starved",
        QEMU,
        "[sh, -c, 'busybox dd if=/dev/zero of=/dev/shm/x bs=1M count=80; sleep 1000']",
        "resources: {memory: 96MiB, cpus: 1, tax: {memory: 1MiB}}");
    JsonNode starved = machines.await("starved", "STOPPED");
    assertTrue(starved.path("oomKilled").booleanValue(), starved.toString());
    machines.delete("panics", "killed", "starved");
  }

  @Tag("long")
  @Test
  void aMachineThatIgnoresItsStopIsSwitchedOff() {
    machines.run(
        "stubborn",
        QEMU,
        "[sh, -c, 'trap \"\" TERM; echo up; while :; do sleep 1; done']",
        "stop: {grace: 2s}");
    machines.node().awaitOutput("stubborn", "up");
    Anchor anchor = machines.anchor("stubborn");
    JsonNode stopped = machines.node().json("stop", "stubborn");
    assertEquals("STOPPED", stopped.path("state").asText());
    assertTrue(stopped.path("exitMeaning").asText().contains("switched off"), stopped.toString());
    assertFalse(anchor.isAlive());
    machines.delete("stubborn");
  }

  /** A reboot is no failure: another machine follows. */
  @Tag("long")
  @Test
  void aMachineThatRebootsIsStartedAgain() {
    machines.run(
        "reboots",
        QEMU,
        "[sh, -c, 'if busybox test -e /again; then echo back; exit 0; fi; busybox touch /again;"
            + " busybox sync; busybox reboot -f; sleep 1000']",
        "restart: {policy: on-failure}");
    machines.node().awaitOutput("reboots", "back");
    JsonNode done = machines.await("reboots", "STOPPED");
    assertEquals(0, done.path("exitCode").intValue(), done.toString());
    machines.delete("reboots");
  }
}
