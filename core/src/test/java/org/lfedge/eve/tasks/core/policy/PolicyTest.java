package org.lfedge.eve.tasks.core.policy;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.config.DeviceConfig;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.RestartPolicy;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

class PolicyTest {

  private static final String DIGEST = "sha256:" + "a".repeat(64);

  private static TaskDocument document(RootSource root, Map<String, EnvValue> env) {
    return new TaskDocument(
        "web",
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        root,
        false,
        OptionalLong.empty(),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        SortedCopies.mapOf(env),
        false,
        1 << 26,
        1000,
        OptionalLong.empty(),
        List.of(),
        false,
        Duration.ofSeconds(10),
        RestartPolicy.DEFAULT,
        Optional.empty(),
        List.of(),
        List.of(),
        List.of(),
        false,
        List.of(),
        JsonNodeFactory.instance.objectNode());
  }

  private static List<Problem> problems(Policy policy, RootSource root, Map<String, EnvValue> env) {
    TaskDocument document = document(root, env);
    return assertThrows(TaskException.class, () -> policy.checkDocument(document)).problems();
  }

  @Test
  void theRootOfTheNodeIsRefusedUnlessAllowedAndTheKeyIsNamed() {
    Problem problem = problems(Policy.DEFAULT, new RootSource.Host(), Map.of()).get(0);
    assertEquals("HOST_ROOT_NOT_ALLOWED", problem.code());
    assertTrue(problem.message().contains("policy.allowHostRoot: true"), problem.message());

    Policy allowing =
        new Policy(
            true,
            false,
            false,
            SortedCopies.setOf(List.of()),
            SortedCopies.setOf(List.of()),
            SortedCopies.setOf(List.of()),
            SortedCopies.mapOf(Map.of()));
    assertDoesNotThrow(() -> allowing.checkDocument(document(new RootSource.Host(), Map.of())));
    assertTrue(allowing.grants(Origin.BUNDLED).hostRoot());
    assertFalse(Policy.DEFAULT.grants(Origin.BUNDLED).hostRoot());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/etc", "/srvx/root", "/srv/../etc", "/srv/x/../../etc", "srv/x"})
  void sourcesOutsideTheAllowedDirectoriesAreRefused(String path) {
    Map<String, EnvValue> env = Map.of("TOKEN", new EnvValue.Secret(path));
    List<Problem> problems = problems(Policy.DEFAULT, new RootSource.Directory(path), env);
    assertEquals(
        List.of("root.directory", "env.TOKEN.secret.file"),
        problems.stream().map(Problem::path).toList());
    assertTrue(problems.stream().allMatch(problem -> problem.code().equals("SOURCE_NOT_ALLOWED")));
    assertTrue(problems.get(0).message().contains("/srv"), problems.get(0).message());
    assertEquals(
        "root.bundle",
        problems(Policy.DEFAULT, new RootSource.Bundle(path), Map.of()).get(0).path());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/srv", "/srv/", "/srv//x/./y", "/srv/..x"})
  void sourcesBelowAnAllowedDirectoryAreAccepted(String path) {
    Map<String, EnvValue> env =
        Map.of("TOKEN", new EnvValue.Secret(path), "PLAIN", new EnvValue.Text("/etc/shadow"));
    assertDoesNotThrow(
        () -> Policy.DEFAULT.checkDocument(document(new RootSource.Bundle(path), env)));
  }

  private static TaskDocument parsed(String means) {
    String yaml = "name: web\nroot: {image: web}\nresources: {memory: 64MiB}\n" + means;
    return TaskDocuments.parse(yaml.getBytes(StandardCharsets.UTF_8), Path.of("/srv")).get(0);
  }

  private static List<String> places(Policy policy, String means) {
    return assertThrows(TaskException.class, () -> policy.checkDocument(parsed(means)))
        .problems()
        .stream()
        .map(problem -> problem.code() + " " + problem.path() + " " + problem.value())
        .toList();
  }

  @Test
  void volumesComeFromTheAllowedDirectoriesAlone() {
    assertEquals(
        List.of(
            "SOURCE_NOT_ALLOWED volumes[0].source /etc",
            "SOURCE_NOT_ALLOWED volumes[2].source /var/disk",
            "SOURCE_NOT_ALLOWED volumes[4].source.cloudInit.userData.file /etc/shadow"),
        places(
            Policy.DEFAULT,
            """
            volumes:
              - {name: a, source: ../etc, target: /a}
              - {name: b, source: b, target: /b}
              - {name: c, source: {file: /var/disk, format: raw}, target: /c}
              - {name: d, source: {file: disk, format: raw}, target: /d}
              - {name: e, source: {cloudInit: {userData: {file: /etc/shadow}}}}
              - {name: f, source: {tmpfs: 1MiB}, target: /f}
              - {name: g, source: {volume: other}, target: /g}
            """));
    assertDoesNotThrow(
        () ->
            Policy.DEFAULT.checkDocument(
                parsed("volumes: [{name: e, source: {cloudInit: {userData: {file: u}}}}]")));
  }

  private static Policy allowing(String... devices) {
    return new Policy(
        false,
        false,
        false,
        Policy.DEFAULT.directories(),
        SortedCopies.setOf(List.of(devices)),
        Policy.DEFAULT.trustedPlugins(),
        Policy.DEFAULT.additions());
  }

  private static final String DEVICES =
      """
      devices:
        - {path: /dev/ttyS0}
        - {cdi: vendor.com/gpu=0}
        - {pci: "0000:AF:00.0"}
        - {usb: 1-2}
        - {nic: enp3s0}
      """;

  @Test
  void noDeviceIsAllowedUnlessItIsListedAndTheKeyIsNamed() {
    assertEquals(
        List.of(
            "DEVICE_NOT_ALLOWED devices[0].path /dev/ttyS0",
            "DEVICE_NOT_ALLOWED devices[1].cdi vendor.com/gpu=0",
            "DEVICE_NOT_ALLOWED devices[2].pci 0000:af:00.0",
            "DEVICE_NOT_ALLOWED devices[3].usb 1-2",
            "DEVICE_NOT_ALLOWED devices[4].nic enp3s0"),
        places(Policy.DEFAULT, DEVICES));
    String message =
        assertThrows(TaskException.class, () -> Policy.DEFAULT.checkDocument(parsed(DEVICES)))
            .problems()
            .get(1)
            .message();
    assertTrue(message.contains("add cdi:vendor.com/gpu=0 to policy.devices"), message);
    Policy policy = allowing("/dev/ttyS*", "cdi:vendor.com/*", "pci:0000:AF:*", "usb:1-2", "nic:*");
    assertDoesNotThrow(() -> policy.checkDocument(parsed(DEVICES)));
  }

  @ParameterizedTest
  @CsvSource({
    "/dev/ttyS0, /dev/ttyS0, true",
    "/dev/ttyS0, /dev/ttyS01, false",
    "/dev/ttyS*, /dev/ttyS, true",
    "/dev/ttyS*, /dev/ttyS1/x, false",
    "/dev/*, /dev/net/tun, false",
    "/dev/*/tun, /dev/net/tun, true",
    "/dev/t.y, /dev/tty, false",
    "/dev/*a*, /dev/bab, true",
    "/dev/**, /dev/bab, true",
    "'/dev/\\Qx', '/dev/\\Qx', true"
  })
  void aStarStandsForAnyCharactersOfAName(String pattern, String path, boolean allowed) {
    assertEquals(
        allowed, allowing(pattern).allowsDevice(new DeviceConfig.Node(path, "rw")), pattern);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "*",
        "/dev",
        "/dev/",
        "/etc/passwd",
        "/dev/../etc",
        "/dev//tty",
        "dev/tty",
        "kvm:1",
        "pci:",
        "usb:\n"
      })
  void whatIsNoDeviceIsNoPattern(String pattern) {
    assertThrows(IllegalArgumentException.class, () -> allowing(pattern));
  }

  @ParameterizedTest
  @EnumSource(Origin.class)
  void everyOriginHasTheUsualCapabilitiesAndNothingOfTheNode(Origin origin) {
    Grants grants = Policy.DEFAULT.grants(origin);
    assertEquals(14, grants.capabilities().size());
    assertFalse(grants.capabilities().contains("CAP_SYS_ADMIN"));
    assertEquals(new TreeSet<>(), grants.namespaces());
    assertFalse(grants.allowsHostPath("/srv"));
  }

  @Test
  void additionsCountForTheirOriginAlone() {
    Policy policy =
        new Policy(
            false,
            false,
            false,
            SortedCopies.setOf(List.of()),
            SortedCopies.setOf(List.of()),
            SortedCopies.setOf(List.of(DIGEST)),
            SortedCopies.mapOf(
                Map.of(
                    Origin.TRUSTED_DIGEST,
                    new Policy.Additions(
                        SortedCopies.setOf(List.of("CAP_NET_ADMIN")),
                        SortedCopies.setOf(List.of(Namespace.PID)),
                        SortedCopies.setOf(List.of("/dev/bus//usb/")),
                        SortedCopies.setOf(List.<String>of())))));
    Grants trusted = policy.grants(Origin.TRUSTED_DIGEST);
    assertEquals(15, trusted.capabilities().size());
    assertTrue(trusted.capabilities().contains("CAP_NET_ADMIN"));
    assertTrue(trusted.namespaces().contains(Namespace.PID));
    assertTrue(trusted.allowsHostPath("/dev/bus/usb/001"));
    assertFalse(trusted.allowsHostPath("/dev/bus/usb/../.."));
    assertFalse(trusted.allowsHostPath("/dev/bus/usbmon"));
    assertEquals(Policy.DEFAULT.grants(Origin.BUNDLED), policy.grants(Origin.BUNDLED));
    assertTrue(policy.trustsPlugin(DIGEST));
    assertFalse(policy.trustsPlugin("sha256:" + "b".repeat(64)));
    assertTrue(trusted.configKey("capabilities").equals("policy.grants.trusted.capabilities"));
  }

  @Test
  void malformedConfigIsRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Policy(
                false,
                false,
                false,
                SortedCopies.setOf(List.of("srv")),
                SortedCopies.setOf(List.of()),
                SortedCopies.setOf(List.of()),
                SortedCopies.mapOf(Map.of())));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Policy(
                false,
                false,
                false,
                SortedCopies.setOf(List.of()),
                SortedCopies.setOf(List.of()),
                SortedCopies.setOf(List.of("sha256:abc")),
                SortedCopies.mapOf(Map.of())));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Policy.Additions(
                SortedCopies.setOf(List.of("SYS_ADMIN")),
                SortedCopies.setOf(List.<Namespace>of()),
                SortedCopies.setOf(List.of()),
                SortedCopies.setOf(List.<String>of())));
  }
}
