package org.lfedge.eve.tasks.core.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HypervisorMemory.Amount;
import org.lfedge.eve.tasks.spi.task.Hypervisor;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

class XenTest {

  private static final long MIB = 1 << 20;

  /** Of Debian 12 on a machine with 3 GiB. */
  private static final String INFO =
      """
      host                   : node
      release                : 6.1.0-56-amd64
      machine                : x86_64
      nr_cpus                : 2
      max_cpu_id             : 1
      nr_nodes               : 1
      cores_per_socket       : 1
      threads_per_core       : 1
      cpu_mhz                : 2495.996
      virt_caps              : pv hvm hap gnttab-v1 gnttab-v2
      total_memory           : 3071
      free_memory            : 1502
      sharing_freed_memory   : 0
      sharing_used_memory    : 0
      outstanding_claims     : 0
      free_cpus              : 0
      xen_major              : 4
      xen_minor              : 17
      xen_extra              : .7
      xen_version            : 4.17.7
      xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64\s
      """;

  @TempDir private Path directory = Path.of("");

  @BeforeEach
  void node() throws IOException {
    Files.createDirectories(directory.resolve("node"));
  }

  private Xen xen() {
    return new Xen(
        directory.resolve("node"),
        List.of(directory.resolve("missing"), directory.resolve("sbin")),
        new LockedHelperCommand(directory.resolve("locks"), Duration.ofSeconds(10)));
  }

  private void file(String path, String text) throws IOException {
    Path file = directory.resolve("node").resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }

  /** The files of a control domain. */
  private void controlDomain() throws IOException {
    file("sys/hypervisor/type", "xen\n");
    file("sys/hypervisor/version/major", "4\n");
    file("sys/hypervisor/version/minor", "17\n");
    file("sys/hypervisor/version/extra", ".7\n");
    file(
        "sys/hypervisor/properties/capabilities",
        "xen-3.0-x86_64 hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 \n");
    file("proc/xen/capabilities", "control_d\n");
  }

  private void xl(String script) throws IOException {
    Path sbin = Files.createDirectories(directory.resolve("sbin"));
    Path program = Files.writeString(sbin.resolve("xl"), "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private void xlSaying(String output) throws IOException {
    xl("[ \"$*\" = info ] || exit 9\ncat <<'END'\n" + output + "\nEND\n");
  }

  private static Hypervisor hypervisor(String version, String... capabilities) {
    return new Hypervisor("xen", version, SortedCopies.setOf(List.of(capabilities)));
  }

  private static Problem unknown(Xen xen) {
    Problem problem = assertThrows(TaskException.class, xen::now).first();
    assertEquals("HYPERVISOR_UNKNOWN", problem.code());
    assertEquals(Problem.Kind.HOST, problem.kind());
    return problem;
  }

  @Test
  void aControlDomainTellsOfItsHypervisor() throws IOException {
    controlDomain();
    xlSaying(INFO);
    assertEquals("ok", xen().status());
    assertEquals(Optional.of(hypervisor("4.17.7", "hap", "hvm", "pv")), xen().facts());
    assertEquals(Optional.of(new Amount(3071 * MIB, 1502 * MIB)), xen().now());
  }

  @Test
  void memoryIsAskedForEachTime() throws IOException {
    controlDomain();
    Xen xen = xen();
    xlSaying(INFO);
    assertEquals(1502 * MIB, xen.now().orElseThrow().freeBytes());
    xlSaying(INFO.replace("1502", "7"));
    assertEquals(7 * MIB, xen.now().orElseThrow().freeBytes());
  }

  @Test
  void aNodeWithoutXenAsksNobody() throws IOException {
    xl("touch " + directory.resolve("asked"));
    assertEquals("the node does not run on Xen", xen().status());
    file("sys/hypervisor/type", "other\n");
    assertEquals("the node does not run on Xen", xen().status());
    assertEquals(Optional.empty(), xen().facts());
    assertEquals(Optional.empty(), xen().now());
    assertTrue(Files.notExists(directory.resolve("asked")));
  }

  @Test
  void aGuestControlsNothing() throws IOException {
    controlDomain();
    xlSaying(INFO);
    for (String capabilities : List.of("", "\n")) {
      file("proc/xen/capabilities", capabilities);
      assertTrue(xen().status().startsWith("the node is a guest of Xen"), xen().status());
      assertEquals(Optional.empty(), xen().facts());
      assertEquals(Optional.empty(), xen().now());
    }
    Files.delete(directory.resolve("node/proc/xen/capabilities"));
    assertTrue(xen().status().contains("xenfs is not mounted"), xen().status());
  }

  @Test
  void withoutXlTheFilesTellWhatTheyCan() throws IOException {
    controlDomain();
    assertEquals("ok", xen().status());
    assertEquals(Optional.of(hypervisor("4.17.7", "hvm", "pv")), xen().facts());
    Problem problem = unknown(xen());
    assertTrue(problem.message().contains("there is no program xl in"), problem.message());
    assertTrue(problem.message().contains("xen-utils-common"), problem.message());
  }

  @Test
  void withoutFilesOfTheVersionXlTellsIt() throws IOException {
    file("sys/hypervisor/type", "xen\n");
    file("proc/xen/capabilities", "control_d\n");
    assertEquals(Optional.of(hypervisor("")), xen().facts());
    xlSaying(INFO);
    assertEquals(Optional.of(hypervisor("4.17.7", "hap", "hvm", "pv")), xen().facts());
  }

  @Test
  void guestsOfArmAreNotParavirtualised() throws IOException {
    controlDomain();
    file("sys/hypervisor/properties/capabilities", "xen-3.0-aarch64 xen-3.0-armv7l\n");
    xlSaying(INFO.replace("pv hvm hap", "hvm hap"));
    assertEquals(Optional.of(hypervisor("4.17.7", "hap", "hvm")), xen().facts());
  }

  @Test
  void aVersionMayHaveNothingAfterItsTwoNumbersOrWords() throws IOException {
    controlDomain();
    file("sys/hypervisor/version/extra", "\n");
    assertEquals("4.17", xen().facts().orElseThrow().version());
    file("sys/hypervisor/version/extra", "-unstable\n");
    assertEquals("4.17-unstable", xen().facts().orElseThrow().version());
  }

  @Test
  void anXlThatFailsOrSaysNothingOfMemoryIsNamed() throws IOException {
    controlDomain();
    xl("echo 'xl: cannot open /dev/xen/privcmd' >&2; exit 1\n");
    assertTrue(unknown(xen()).message().contains("privcmd"));
    assertEquals(Optional.of(hypervisor("4.17.7", "hvm", "pv")), xen().facts());
    xlSaying("");
    assertTrue(unknown(xen()).message().contains("no number of MiB as total_memory: ''"));
    xlSaying(INFO.replaceAll("free_memory.*\n", ""));
    assertTrue(unknown(xen()).message().contains("no number of MiB as free_memory: ''"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "1.5", "many", "9999999999999", "0x10", ""})
  void whatIsNoAmountIsNotTakenForOne(String value) throws IOException {
    controlDomain();
    xlSaying(INFO.replace("1502", value));
    assertTrue(unknown(xen()).message().contains("free_memory: '" + value + "'"));
  }

  @Test
  void theFirstLineOfANameCountsAndNoiseDoesNot() {
    SortedMap<String, String> values =
        Xen.parse("WARNING: old\n\n free_memory:7 \nfree_memory : 9\nno colon\n: x\na b : c\n");
    assertEquals("7", values.get("free_memory"));
    assertEquals(List.of("WARNING", "free_memory"), List.copyOf(values.keySet()));
  }

  @Property
  void whateverIsSaidIsReadAsLines(@ForAll String output) {
    Xen.parse(output)
        .forEach(
            (key, value) -> {
              assertTrue(key.matches("\\w+"), key);
              assertTrue(output.contains(key) && output.contains(value), key + ": " + value);
            });
  }
}
