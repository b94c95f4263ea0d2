package org.lfedge.eve.tasks.core.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.policy.Withheld;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;

class SpecAssemblyTest {

  private static final Grants USUAL = Policy.DEFAULT.grants(Origin.BUNDLED);
  private static final SpecInputs INPUTS = inputs(1500, "amd64", List.of(), Optional.empty());

  private static SpecInputs inputs(
      int milliCpus, String architecture, List<Path> files, Optional<Path> secrets) {
    return new SpecInputs(
        "web",
        new UUID(1, 2),
        64 << 20,
        milliCpus,
        "/tasks/web",
        Path.of("/run/netns/web"),
        files,
        secrets,
        Path.of("/usr/lib/init"),
        architecture,
        false,
        "native-container",
        Optional.empty(),
        new TreeMap<>(),
        new TreeMap<>(),
        Optional.empty(),
        DeviceInputs.NONE);
  }

  @Test
  void aUserNamespaceHasTheUsersOfTheNodeAndATableOfItsOwn() {
    SpecInputs plain = INPUTS;
    SpecInputs inputs =
        new SpecInputs(
            plain.name(),
            plain.uuid(),
            plain.memoryBytes(),
            plain.milliCpus(),
            plain.cgroupsPath(),
            plain.networkNamespace(),
            plain.seedFiles(),
            plain.secrets(),
            plain.initProgram(),
            plain.architecture(),
            plain.terminal(),
            plain.executor(),
            plain.root(),
            plain.volumes(),
            plain.files(),
            plain.networkFiles(),
            plain.devices(),
            plain.own(),
            Optional.of(new OwnUsers(Path.of("/run/netns/web~users"), true)));
    Seed seed =
        seed()
            .binaryFormat(new BinaryFormat("tst", "00", "ff", "/bin/interpreter"))
            .mount(new Mount(new Source.Tmpfs(4096), OwnUsers.FORMATS_TARGET, false))
            .oci(
                "{\"linux\": {\"uidMappings\": [{\"containerID\": 0, \"hostID\": 9, \"size\": 1}]}}")
            .build();
    AssembledSpec assembled = SpecAssembly.assemble(seed, inputs, USUAL);
    JsonNode linux = assemble(seed, inputs, USUAL).path("linux");
    assertEquals(
        "[{\"containerID\":0,\"hostID\":0,\"size\":4294967295}]",
        linux.path("uidMappings").toString());
    assertEquals(linux.path("uidMappings"), linux.path("gidMappings"));
    assertTrue(
        linux
            .path("namespaces")
            .toString()
            .contains("{\"type\":\"user\",\"path\":\"/run/netns/web~users\"}"));
    List<String> table =
        assembled.spec().mounts().stream()
            .filter(mount -> OwnUsers.FORMATS_TARGET.equals(mount.destination()))
            .map(mount -> String.valueOf(mount.type()))
            .toList();
    assertEquals(List.of("binfmt_misc"), table);
    assertEquals(2, assembled.withheld().size(), assembled.withheld().toString());
  }

  @Test
  void binaryFormatsNeedAUserNamespace() {
    Seed seed = seed().binaryFormat(new BinaryFormat("tst", "00", "ff", "/bin/x")).build();
    assertEquals(
        "NO_USER_NAMESPACE",
        assertThrows(TaskException.class, () -> SpecAssembly.assemble(seed, INPUTS, USUAL))
            .first()
            .code());
  }

  private static Seed.Builder seed() {
    return Seed.builder(
        Base.TASK, false, AnchorProcess.builder(List.of("/bin/server", "-v")).build());
  }

  private static JsonNode assemble(Seed seed, SpecInputs inputs, Grants grants) {
    try {
      return new ObjectMapper().readTree(SpecAssembly.assemble(seed, inputs, grants).json());
    } catch (JsonProcessingException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> withheld(Seed seed) {
    return SpecAssembly.assemble(seed, INPUTS, USUAL).withheld().stream()
        .map(Withheld::what)
        .toList();
  }

  private static String targets(JsonNode spec) {
    List<String> targets = new ArrayList<>();
    spec.path("mounts").forEach(mount -> targets.add(mount.path("destination").asText()));
    return String.join(" ", targets);
  }

  @Test
  void aPlainSeedGetsTheUsualIsolationAndNothingIsWithheld() {
    JsonNode spec = assemble(seed().build(), INPUTS, USUAL);
    assertEquals("/proc /dev /dev/pts /dev/shm /dev/mqueue /sys /sys/fs/cgroup", targets(spec));
    assertEquals(6, spec.at("/linux/namespaces").size());
    assertEquals(14, spec.at("/process/capabilities/effective").size());
    assertTrue(spec.at("/process/capabilities/ambient").isMissingNode());
    assertEquals("web", spec.path("hostname").asText());
    assertEquals(64 << 20, spec.at("/linux/resources/memory/swap").asLong());
    assertEquals(4096, spec.at("/linux/resources/pids/limit").asLong());
    assertEquals(List.of(), withheld(seed().build()));
  }

  @Test
  void theDocumentAloneDecidesAboutATerminal() {
    Seed asking = seed().oci("{\"process\": {\"terminal\": true}}").build();
    assertFalse(assemble(asking, INPUTS, USUAL).at("/process/terminal").asBoolean());
    assertEquals(List.of("process.terminal"), withheld(asking));
    SpecInputs with =
        new SpecInputs(
            INPUTS.name(),
            INPUTS.uuid(),
            INPUTS.memoryBytes(),
            INPUTS.milliCpus(),
            INPUTS.cgroupsPath(),
            INPUTS.networkNamespace(),
            INPUTS.seedFiles(),
            INPUTS.secrets(),
            INPUTS.initProgram(),
            INPUTS.architecture(),
            true,
            INPUTS.executor(),
            Optional.empty(),
            INPUTS.volumes(),
            INPUTS.files(),
            INPUTS.networkFiles(),
            DeviceInputs.NONE);
    Seed declining = seed().oci("{\"process\": {\"terminal\": false}}").build();
    assertTrue(assemble(declining, with, USUAL).at("/process/terminal").asBoolean());
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1000, 2",
    "10, 1000, 10",
    "1500, 150000, 1536",
    "2147483647, 214748364700, 262144"
  })
  void cpusBecomeAQuotaAndAWeightThatTheKernelTakes(int milliCpus, long quota, long shares) {
    SpecInputs inputs = inputs(milliCpus, "arm64", List.of(), Optional.empty());
    JsonNode cpu = assemble(seed().build(), inputs, USUAL).at("/linux/resources/cpu");
    assertEquals(quota, cpu.path("quota").asLong());
    assertEquals(shares, cpu.path("shares").asLong());
    assertEquals(100_000, cpu.path("period").asLong());
  }

  @Test
  void fieldsOfTheSeedWinOverItsPatch() {
    AnchorProcess process =
        AnchorProcess.builder(List.of("/bin/server"))
            .env(List.of("A=1"))
            .workingDir("/work")
            .user(new User(7, 8, List.of(9)))
            .capabilities(SortedCopies.setOf(List.of("CAP_KILL")))
            .build();
    Seed seed =
        Seed.builder(Base.TASK, true, process)
            .mount(new Mount(new Source.Tmpfs(4096), "/tmp/", true))
            .annotation("maintainer", "seed")
            .oci(
                """
                {"process": {"args": ["/evil"], "env": ["B=2"], "cwd": "/evil",
                   "user": {"uid": 0, "gid": 0, "umask": 18},
                   "capabilities": {"effective": ["CAP_CHOWN"]}},
                 "root": {"readonly": false}, "annotations": {"maintainer": "patch"},
                 "mounts": [{"destination": "/tmp", "type": "tmpfs", "options": ["size=1m"]}]}
                """)
            .build();
    JsonNode spec = assemble(seed, INPUTS, USUAL);
    assertEquals("[\"/bin/server\"]", spec.at("/process/args").toString());
    assertEquals("[\"A=1\"]", spec.at("/process/env").toString());
    assertEquals("/work", spec.at("/process/cwd").asText());
    assertEquals(
        "{\"uid\":7,\"gid\":8,\"umask\":18,\"additionalGids\":[9]}",
        spec.at("/process/user").toString());
    assertTrue(spec.at("/root/readonly").asBoolean());
    assertEquals("seed", spec.at("/annotations/maintainer").asText());
    assertEquals(
        "[\"nosuid\",\"nodev\",\"size=4096\",\"ro\"]", spec.at("/mounts/7/options").toString());
    for (String set : List.of("bounding", "effective", "permitted", "inheritable", "ambient")) {
      assertEquals("[\"CAP_KILL\"]", spec.at("/process/capabilities/" + set).toString());
    }
  }

  @Test
  void harmlessPartsOfAPatchAreKept() {
    String patch =
        """
        {"process": {"oomScoreAdj": 500,
           "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 512}]},
         "linux": {"sysctl": {"net.ipv4.ip_unprivileged_port_start": "0"},
           "resources": {"pids": {"limit": 10}}}}
        """;
    Seed seed = seed().oci(patch).build();
    JsonNode spec = assemble(seed, INPUTS, USUAL);
    assertEquals(500, spec.at("/process/oomScoreAdj").asInt());
    assertEquals(512, spec.at("/process/rlimits/0/soft").asInt());
    assertEquals("0", spec.at("/linux/sysctl/net.ipv4.ip_unprivileged_port_start").asText());
    assertEquals(10, spec.at("/linux/resources/pids/limit").asInt());
    assertEquals(List.of(), withheld(seed));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'hooks':{}} | hooks",
        "{'process':{'noNewPrivileges':false}} | process.noNewPrivileges false",
        "{'process':{'apparmorProfile':'unconfined'}} | process.apparmorProfile",
        "{'process':{'oomScoreAdj':-1}} | process.oomScoreAdj -1",
        "{'process':{'rlimits':[{'type':'RLIMIT_NOFILE','hard':9999999,'soft':1}]}}"
            + " | rlimit RLIMIT_NOFILE 9999999",
        "{'process':{'capabilities':{'bounding':['CAP_SYS_ADMIN']}}} | capability CAP_SYS_ADMIN",
        "{'root':{'path':'/'}} | root.path /",
        "{'hostname':'node'} | hostname node",
        "{'annotations':{'bundle':'/etc'}} | annotation bundle",
        "{'mounts':[{'destination':'/h','source':'/','options':['rbind']}]} | mount /h from the node's /",
        "{'mounts':[{'destination':'/sys','type':'sysfs','options':['rw']}]} | mount /sys of type sysfs",
        "{'mounts':[{'destination':'/t','type':'tmpfs','options':['suid']}]} | option suid of mount /t",
        "{'linux':{'devices':[]}} | linux.devices",
        "{'linux':{'seccomp':null}} | linux.seccomp",
        "{'linux':{'cgroupsPath':'/x'}} | linux.cgroupsPath /x",
        "{'linux':{'maskedPaths':['/x']}} | linux.maskedPaths without /proc/acpi, /proc/asound",
        "{'linux':{'sysctl':{'kernel.core_pattern':'x'}}} | sysctl kernel.core_pattern",
        "{'linux':{'resources':{'memory':{'limit':-1}}}} | linux.resources.memory",
        "{'linux':{'resources':{'unified':{}}}} | linux.resources.unified",
        "{'linux':{'resources':{'devices':[{'allow':true,'type':'b','major':8,'access':'r'}]}}}"
            + " | device rule allow b 8:null r",
      })
  void whatIsNotGrantedIsWithheldByName(String patch, String what) {
    List<String> withheld = withheld(seed().oci(patch.replace('\'', '"')).build());
    assertTrue(
        withheld.stream().anyMatch(entry -> entry.startsWith(what)),
        () -> withheld + " lacks " + what);
  }

  @Test
  void aPatchThatTakesNamespacesAwayGetsThemBack() {
    Seed seed =
        seed()
            .oci("{\"linux\":{\"namespaces\":[{\"type\":\"pid\",\"path\":\"/proc/1/ns/pid\"}]}}")
            .share(Namespace.IPC)
            .build();
    List<String> withheld = withheld(seed);
    assertTrue(withheld.contains("namespace pid at /proc/1/ns/pid"), withheld.toString());
    assertTrue(withheld.contains("the node's namespace mount"), withheld.toString());
    assertTrue(withheld.contains("the node's namespace IPC"), withheld.toString());
    assertEquals(6, assemble(seed, INPUTS, USUAL).at("/linux/namespaces").size());
  }

  @Test
  void whatAHostilePatchAsksForIsListedWithinBoundsAndPrintable() {
    StringBuilder patch = new StringBuilder("{\"\\u0000\\u001b[2J\": 1");
    for (int i = 0; i < 5000; i++) {
      patch.append(",\"").append(i).append("y".repeat(100)).append("\":1");
    }
    List<String> withheld = withheld(seed().oci(patch + "}").build());
    assertEquals(AssembledSpec.MAX_WITHHELD, withheld.size());
    assertEquals("4902 more", withheld.get(99));
    assertTrue(withheld.contains("??[2J"), withheld.toString());
  }

  @Test
  void anInitStandsBeforeTheArgsAndIsMountedForReading() {
    AnchorProcess process = AnchorProcess.builder(List.of("/bin/server")).init(true).build();
    JsonNode spec = assemble(Seed.builder(Base.TASK, false, process).build(), INPUTS, USUAL);
    assertEquals(
        "[\"/dev/task-init\",\"--\",\"/bin/server\"]", spec.at("/process/args").toString());
    JsonNode mount = spec.at("/mounts/7");
    assertEquals("/usr/lib/init", mount.path("source").asText());
    assertTrue(mount.path("options").toString().contains("\"ro\""));
  }

  @Test
  void filesAndSecretsAreMountedLastAndForReading() {
    Seed seed =
        seed()
            .mount(new Mount(new Source.Tmpfs(1), "/run", false))
            .mount(new Mount(new Source.Tmpfs(1), "/run/secrets/x", false))
            .file(new SeedFile("/etc/server.conf", new byte[] {1}, 0644))
            .file(new SeedFile("/dev/./task-init", new byte[] {1}, 0755))
            .build();
    SpecInputs inputs =
        inputs(
            1000,
            "amd64",
            List.of(Path.of("/files/0"), Path.of("/files/1")),
            Optional.of(Path.of("/secrets")));
    JsonNode spec = assemble(seed, inputs, USUAL);
    assertTrue(
        targets(spec).endsWith("/sys/fs/cgroup /run /etc/server.conf /run/secrets"), targets(spec));
    assertEquals("/files/0", spec.at("/mounts/8/source").asText());
    assertTrue(spec.at("/mounts/9/options").toString().contains("\"ro\""));
    assertThrows(IllegalArgumentException.class, () -> SpecAssembly.assemble(seed, INPUTS, USUAL));
  }

  @Test
  void filesOfTheNodeAreMountedOnlyWhereGranted() {
    Seed seed =
        seed()
            .mount(new Mount(new Source.OfHost("/srv//data"), "/data", false))
            .mount(new Mount(new Source.OfHost("/srv/database"), "/x", true))
            .build();
    assertEquals(
        List.of("mount /data from the node's /srv//data", "mount /x from the node's /srv/database"),
        withheld(seed));
    Grants granting =
        new Grants(
            Origin.BUNDLED,
            USUAL.capabilities(),
            USUAL.namespaces(),
            SortedCopies.setOf(List.of("/srv/data")),
            SortedCopies.setOf(List.<String>of()),
            false);
    JsonNode spec = assemble(seed, INPUTS, granting);
    assertTrue(targets(spec).endsWith("/sys/fs/cgroup /data"), targets(spec));
    assertEquals("/srv/data", spec.at("/mounts/7/source").asText());
  }

  @Test
  void theRootOfTheNodeNeedsAGrant() {
    Seed seed = Seed.builder(Base.HOST, false, seed().build().process()).build();
    TaskException refusal =
        assertThrows(TaskException.class, () -> SpecAssembly.assemble(seed, INPUTS, USUAL));
    assertEquals("HOST_ROOT_NOT_ALLOWED", refusal.first().code());
    Grants allowing =
        new Grants(
            Origin.BUNDLED,
            USUAL.capabilities(),
            USUAL.namespaces(),
            USUAL.hostPaths(),
            SortedCopies.setOf(List.<String>of()),
            true);
    assertEquals("rootfs", assemble(seed, INPUTS, allowing).at("/root/path").asText());
  }

  @Test
  void aTaskThatSharesTheNodesHostNameDoesNotSetIt() {
    Grants sharing =
        new Grants(
            Origin.BUNDLED,
            USUAL.capabilities(),
            SortedCopies.setOf(List.of(Namespace.UTS)),
            USUAL.hostPaths(),
            SortedCopies.setOf(List.<String>of()),
            false);
    JsonNode spec = assemble(seed().share(Namespace.UTS).build(), INPUTS, sharing);
    assertFalse(spec.has("hostname"));
    assertFalse(spec.at("/linux/namespaces").toString().contains("uts"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[] | it is not a JSON object",
        "'' | it is not a JSON object",
        "{ | Unexpected end-of-input",
        "{\"process\":{\"args\":7}} | process.args",
        "{\"linux\":{\"namespaces\":[{\"type\":[]}]}} | linux.namespaces.0.type",
      })
  void aPatchThatCannotBeUsedIsRefusedWithThePlace(String patch, String why) {
    Seed seed = seed().oci(patch).build();
    TaskException refusal =
        assertThrows(TaskException.class, () -> SpecAssembly.assemble(seed, INPUTS, USUAL));
    assertEquals("OCI_PATCH_INVALID", refusal.first().code());
    assertTrue(refusal.first().message().contains(why), refusal.first().message());
  }

  @Test
  void aPatchThatIsTooLargeOrTooDeepIsRefused() {
    String large = "{\"a\":\"" + "x".repeat(MergePatch.MAX_CHARACTERS) + "\"}";
    String deep = "{\"a\":".repeat(1000) + "1" + "}".repeat(1000);
    for (String patch : List.of(large, deep)) {
      Seed seed = seed().oci(patch).build();
      TaskException refusal =
          assertThrows(TaskException.class, () -> SpecAssembly.assemble(seed, INPUTS, USUAL));
      assertEquals("OCI_PATCH_INVALID", refusal.first().code());
    }
  }

  @Test
  void textThatIsNotUnicodeIsRefused() {
    AnchorProcess process = AnchorProcess.builder(List.of("/bin/x", "\ud800")).build();
    Seed seed = Seed.builder(Base.TASK, false, process).build();
    TaskException refusal =
        assertThrows(TaskException.class, () -> SpecAssembly.assemble(seed, INPUTS, USUAL));
    assertEquals("SPEC_NOT_UNICODE", refusal.first().code());
  }

  @Test
  void anArchitectureWithoutSeccompProfileIsRefused() {
    SpecInputs inputs = inputs(1, "vax", List.of(), Optional.empty());
    TaskException refusal =
        assertThrows(
            TaskException.class, () -> SpecAssembly.assemble(seed().build(), inputs, USUAL));
    assertEquals("ARCHITECTURE_UNSUPPORTED", refusal.first().code());
  }

  @Test
  void aSpecWithoutTheMinimumIsRefusedAndEverythingMissingIsNamed() {
    RuntimeSpec empty = RuntimeSpec.parse("{}");
    String message =
        assertThrows(TaskException.class, () -> SpecAssembly.requireMinimum(empty))
            .first()
            .message();
    for (String part : List.of("root.path", "process.args", "memory.limit", "cpu.quota")) {
      assertTrue(message.contains(part), message);
    }
    SpecInputs none =
        new SpecInputs(
            "web",
            new UUID(1, 2),
            0,
            1,
            "/tasks/web",
            Path.of("/n"),
            List.of(),
            Optional.empty(),
            Path.of("/i"),
            "amd64",
            false,
            "native-container",
            Optional.empty(),
            new TreeMap<>(),
            new TreeMap<>(),
            Optional.empty(),
            DeviceInputs.NONE);
    assertEquals(
        "SPEC_INCOMPLETE",
        assertThrows(TaskException.class, () -> SpecAssembly.assemble(seed().build(), none, USUAL))
            .first()
            .code());
  }

  @Test
  void systemCallsFollowTheCapabilities() {
    Seed plain = seed().build();
    String usual = assemble(plain, INPUTS, USUAL).at("/linux/seccomp").toString();
    assertTrue(usual.contains("\"chroot\"") && usual.contains("SCMP_CMP_MASKED_EQ"));
    assertFalse(usual.contains("\"mount\"") || usual.contains("\"keyctl\""));
    assertTrue(usual.contains("SCMP_ARCH_X32") && usual.contains("\"arch_prctl\""));

    AnchorProcess admin =
        AnchorProcess.builder(List.of("/bin/x"))
            .capabilities(SortedCopies.setOf(List.of("CAP_SYS_ADMIN")))
            .build();
    Grants granting =
        new Policy(
                false,
                false,
                false,
                SortedCopies.setOf(List.of()),
                SortedCopies.setOf(List.of()),
                SortedCopies.setOf(List.of()),
                SortedCopies.mapOf(
                    Map.of(
                        Origin.BUNDLED,
                        new Policy.Additions(
                            SortedCopies.setOf(List.of("CAP_SYS_ADMIN")),
                            SortedCopies.setOf(List.of()),
                            SortedCopies.setOf(List.of()),
                            SortedCopies.setOf(List.<String>of())))))
            .grants(Origin.BUNDLED);
    SpecInputs arm = inputs(1000, "arm64", List.of(), Optional.empty());
    String all =
        assemble(Seed.builder(Base.TASK, false, admin).build(), arm, granting)
            .at("/linux/seccomp")
            .toString();
    assertTrue(all.contains("\"mount\"") && !all.contains("SCMP_CMP_MASKED_EQ"));
    assertFalse(all.contains("\"chroot\""));
    assertTrue(all.contains("SCMP_ARCH_ARM\"") && all.contains("\"cacheflush\""));
  }
}
