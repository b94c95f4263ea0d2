package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.MINIMAL;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.code;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.only;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.parseOne;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.problems;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Owner;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source.CloudInit.UserData;
import org.lfedge.eve.tasks.core.error.Problem;

/** Volumes and devices of task documents, and what is said of keys of other tools. */
class TaskDocumentMeansTest {

  private static VolumeConfig volume(String name, Source source, String target) {
    return new VolumeConfig(
        name,
        source,
        Optional.ofNullable(target.isEmpty() ? null : target),
        false,
        Propagation.PRIVATE,
        Optional.empty());
  }

  private static List<String> codes(String text) {
    return problems(MINIMAL + text).stream().map(DocumentTexts::code).toList();
  }

  @Test
  void volumesOfEveryKindAreRead() {
    TaskDocument task =
        parseOne(
            MINIMAL
                + """
                root: {image: web, maxWritable: 1GiB}
                volumes:
                  - {name: data, source: data/../web, target: /data/./x/, readOnly: true,
                     propagation: slave}
                  - {name: kept, source: {volume: other.data}, target: /data}
                  - {name: own, source: {blank: 64MiB}, target: /own, owner: "1000:0"}
                  - {name: theme, source: {image: "theme:1"}, target: /theme}
                  - {name: disk, source: {file: disks/vm.qcow2, format: qcow2}}
                  - {name: scratch, source: {tmpfs: 16MiB}, target: //dev//shm}
                  - name: seed
                    source:
                      cloudInit: {userData: "#cloud-config", metaData: {a: 1}, networkConfig: v}
                """);
    assertEquals(OptionalLong.of(1 << 30), task.maxWritableBytes());
    assertEquals(
        List.of(
            new VolumeConfig(
                "data",
                new Source.HostPath("/base/dir/web"),
                Optional.of("/data/x"),
                true,
                Propagation.SLAVE,
                Optional.empty()),
            volume("kept", new Source.Named("other.data"), "/data"),
            new VolumeConfig(
                "own",
                new Source.Blank(64 << 20),
                Optional.of("/own"),
                false,
                Propagation.PRIVATE,
                Optional.of(new Owner(1000, 0))),
            volume("theme", new Source.Image("theme:1"), "/theme"),
            volume("disk", new Source.DiskFile("/base/dir/disks/vm.qcow2", Format.QCOW2), ""),
            volume("scratch", new Source.Tmpfs(16 << 20), "/dev/shm"),
            volume(
                "seed",
                new Source.CloudInit(
                    new UserData.Text("#cloud-config"),
                    new TreeMap<>(Map.of("a", "1")),
                    Optional.of("v")),
                "")),
        task.volumes());
  }

  @Test
  void userDataMayBeInAFile() {
    TaskDocument task =
        parseOne(
            MINIMAL + "volumes: [{name: a, source: {cloudInit: {userData: {file: user-data}}}}]");
    Source.CloudInit data = (Source.CloudInit) task.volumes().get(0).source();
    assertEquals(new UserData.InFile("/base/dir/user-data"), data.userData());
    UserData.Text text = new UserData.Text("A=b");
    Source.CloudInit read = (Source.CloudInit) task.volumes().get(0).withUserData(text).source();
    assertEquals(text, read.userData());
  }

  @Test
  void userDataAreNeverAmongTheValuesOfProblems() {
    String text =
        """
        volumes:
          - name: a
            source:
              cloudInit:
                userData: {file: [hunter2], hunter2: 1}
                metaData: {password: [hunter2]}
                networkConfig: {wifi: hunter2}
                vendorData: hunter2
        """;
    List<Problem> problems = problems(MINIMAL + text);
    assertEquals(5, problems.size(), problems::toString);
    for (Problem problem : problems) {
      assertEquals("", problem.value());
      assertFalse(problem.message().contains("hunter2"), problem.message());
    }
    String toString = parseOne(MINIMAL + withUserData("hunter2")).toString();
    assertFalse(toString.contains("hunter2"), toString);
  }

  private static String withUserData(String userData) {
    return "volumes: [{name: a, source: {cloudInit: {userData: \"" + userData + "\"}}}]";
  }

  @Test
  void userDataHaveAtMost64KiB() {
    assertEquals(1, parseOne(MINIMAL + withUserData("x".repeat(65_536))).volumes().size());
    Problem problem = only(MINIMAL + withUserData("\u00e4".repeat(32_769)));
    assertEquals("OUT_OF_RANGE volumes[0].source.cloudInit.userData", code(problem));
    assertEquals("", problem.value());
  }

  @Test
  void namesAndTargetsOfVolumesAreDistinct() {
    assertEquals(
        List.of("CONFLICT volumes[1].name", "DUPLICATE_TARGET volumes[2].target"),
        codes(
            """
            volumes:
              - {name: a, source: x, target: /a/b}
              - {name: a, source: x, target: /a}
              - {name: c, source: x, target: /a/./b/}
            """));
    assertEquals(
        List.of("CONFLICT volumes[1].source.cloudInit"),
        codes(
            """
            volumes:
              - {name: a, source: {cloudInit: {userData: ""}}}
              - {name: b, source: {cloudInit: {userData: ""}}}
            """));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/proc",
        "/proc/self",
        "/sys",
        "/dev",
        "/dev/pts",
        "//dev/./kvm",
        "/dev/shm2",
        "/run/secrets",
        "/run/secrets/a",
        "/run/task"
      })
  void theCoresOwnPlacesAreNoTargets(String target) {
    Problem problem = only(MINIMAL + "volumes: [{name: a, source: x, target: " + target + "}]");
    assertEquals("PROTECTED_TARGET volumes[0].target", code(problem));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"/process", "/run", "/run/secretsx", "/dev/shm", "/dev/shm/a", "/...", "/a..b"})
  void whatOnlyLooksLikeThemIsATarget(String target) {
    assertEquals(
        Optional.of(target),
        parseOne(MINIMAL + "volumes: [{name: a, source: x, target: " + target + "}]")
            .volumes()
            .get(0)
            .target());
  }

  @Test
  void keysThatMeanNothingForASourceAreRefused() {
    assertEquals(
        List.of(
            "CONFLICT volumes[0].owner",
            "CONFLICT volumes[1].propagation",
            "MISSING volumes[2].target",
            "CONFLICT volumes[3].target",
            "OUT_OF_RANGE volumes[4].owner"),
        codes(
            """
            volumes:
              - {name: a, source: x, owner: "0:0"}
              - {name: b, source: {blank: 1MiB}, propagation: slave}
              - {name: c, source: {tmpfs: 1MiB}}
              - {name: d, source: {cloudInit: {userData: ""}}, target: /d}
              - {name: e, source: {blank: 1MiB}, owner: "0:2147483648"}
            """));
  }

  @Test
  void whatIsWrittenToTheNodesOwnFilesHasNoBound() {
    assertEquals(
        "CONFLICT root.maxWritable",
        code(only(MINIMAL + "root: {directory: /srv/a, maxWritable: 1GiB}")));
    assertEquals(
        OptionalLong.of(1 << 20),
        parseOne(MINIMAL + "root: {directory: /srv/a, readOnly: true, maxWritable: 1MiB}")
            .maxWritableBytes());
  }

  @Test
  void devicesOfEveryKindAreRead() {
    assertEquals(
        List.of(
            new DeviceConfig.Node("/dev/ttyS0", "rw"),
            new DeviceConfig.Node("/dev/net/tun", "rwm"),
            new DeviceConfig.Cdi("vendor.com/gpu=0"),
            new DeviceConfig.Pci("0000:af:1f.7"),
            new DeviceConfig.Usb("1-2.4"),
            new DeviceConfig.Nic("enp3s0")),
        parseOne(
                MINIMAL
                    + """
                    devices:
                      - {path: /dev/ttyS0}
                      - {path: /dev/net/tun, access: rwm}
                      - {cdi: vendor.com/gpu=0}
                      - {pci: "AF:1F.7"}
                      - {usb: 1-2.4}
                      - {nic: enp3s0}
                    """)
            .devices());
    assertEquals(
        "CONFLICT devices[1]",
        code(only(MINIMAL + "devices: [{pci: \"af:00.0\"}, {pci: \"0000:AF:00.0\"}]")));
  }

  @Test
  void anInterfaceOfTheNodeNeedsANameThatIsFree() {
    assertEquals(
        "CONFLICT devices[0].nic",
        code(only(MINIMAL + "interfaces: [{network: a}]\ndevices: [{nic: eth0}]")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "volumes: ['./data:/data'] | such as {name: data, source: /srv/data, target: /data}",
        "interfaces: [bn1] | such as {network: bn1,",
        "devices: [/dev/ttyS0] | such as {path: /dev/ttyS0}"
      })
  void theShortFormsOfOtherToolsAreAnsweredWithAnExample(String text, String example) {
    Problem problem = only(MINIMAL + text);
    assertEquals("WRONG_TYPE", problem.code());
    assertTrue(problem.message().contains(example), problem.message());
  }

  @Test
  void listsHaveBounds() {
    assertEquals(
        "OUT_OF_RANGE volumes", code(only(MINIMAL + "volumes: [" + "{}, ".repeat(257) + "]")));
    assertEquals(
        "OUT_OF_RANGE interfaces", code(only(MINIMAL + "interfaces: [" + "{}, ".repeat(65) + "]")));
    assertEquals(
        "OUT_OF_RANGE devices", code(only(MINIMAL + "devices: [" + "{}, ".repeat(257) + "]")));
  }

  @Test
  void portsAtTheTopBelongToAnInterface() {
    Problem problem = only(MINIMAL + "ports: [\"8080:80\"]");
    assertEquals("UNKNOWN_KEY ports", code(problem));
    assertTrue(
        problem.message().contains("interfaces: [{network: NAME, ports: [\"8080:80\"]}]"),
        problem.message());
  }

  @ParameterizedTest
  @CsvSource({
    "'mounts: []', volumes",
    "'volumeMounts: []', volumes",
    "'networks: []', interfaces",
    "'volumes: [{name: a, source: x, mountPath: /a}]', target",
    "'volumes: [{name: a, source: x, ro: true}]', readOnly",
    "'volumes: [{name: a, source: {emptyDir: {}, tmpfs: 1MiB}, target: /a}]', tmpfs",
    "'interfaces: [{network: a, macAddress: x}]', mac",
    "'interfaces: [{network: a, ipv4_address: x}]', addresses",
    "'interfaces: [{network: a, nameservers: []}]', dns"
  })
  void wordsOfOtherToolsAreAnsweredWithOurs(String text, String meant) {
    Problem problem = only(MINIMAL + text);
    assertEquals("UNKNOWN_KEY", problem.code());
    assertTrue(problem.message().contains("did you mean " + meant + "?"), problem.message());
  }

  /** So that an earlier version can read the records of tasks that have none of this. */
  @Test
  void theCanonicalFormOfATaskWithoutMeansIsThatOfEarlierVersions() {
    String json = TaskDocuments.toJson(parseOne(MINIMAL)).toString();
    for (String key : List.of("volumes", "interfaces", "devices", "maxWritable")) {
      assertFalse(json.contains(key), json);
    }
  }
}
