package org.lfedge.eve.tasks.core.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Owner;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.policy.Policy;
import org.lfedge.eve.tasks.core.policy.Withheld;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.View;

/** What becomes of volumes and of the core's own files in a spec. */
class VolumeMountsTest {

  private static final Grants USUAL = Policy.DEFAULT.grants(Origin.BUNDLED);
  private static final NetworkFiles NETWORK =
      new NetworkFiles(
          Optional.of(Path.of("/run/n/resolv.conf")),
          Optional.of(Path.of("/run/n/hosts")),
          Optional.of(Path.of("/run/n/name")));
  private static final VolumePlace DATA = onNode("data", false, View.FILESYSTEM);

  private static VolumePlace onNode(String name, boolean readOnly, View... views) {
    return new VolumePlace.OnNode(
        Path.of("/run/volumes", name),
        Propagation.PRIVATE,
        readOnly,
        new TreeSet<>(List.of(views)));
  }

  private static SpecInputs inputs(
      Map<String, VolumePlace> volumes, Map<String, Path> files, int seedFiles) {
    return new SpecInputs(
        "web",
        new UUID(1, 2),
        64 << 20,
        1000,
        "/tasks/web",
        Path.of("/run/netns/web"),
        Collections.nCopies(seedFiles, Path.of("/run/seed-file")),
        Optional.of(Path.of("/run/secrets-of-web")),
        Path.of("/usr/lib/init"),
        "amd64",
        false,
        "vendors-own",
        Optional.empty(),
        new TreeMap<>(volumes),
        new TreeMap<>(files),
        Optional.of(NETWORK),
        DeviceInputs.NONE);
  }

  private static SpecInputs inputs(Map<String, VolumePlace> volumes) {
    return inputs(volumes, Map.of(), 0);
  }

  private static Seed.Builder seed(Base base) {
    return Seed.builder(base, false, AnchorProcess.builder(List.of("/bin/server")).build());
  }

  private static Mount mount(String name, View view, String target) {
    return new Mount(new Source.OfVolume(name, view), target, false);
  }

  private static List<String> mounts(Seed seed, SpecInputs inputs, Grants grants) {
    return SpecAssembly.assemble(seed, inputs, grants).spec().mounts().stream()
        .filter(mount -> !Objects.requireNonNull(mount.destination()).matches("/(proc|dev|sys).*"))
        .map(
            mount ->
                mount.destination()
                    + " "
                    + mount.source()
                    + " "
                    + String.join(",", mount.options()))
        .toList();
  }

  private static List<String> targets(Seed seed, SpecInputs inputs) {
    return mounts(seed, inputs, USUAL).stream().map(text -> text.replaceAll(" .*", "")).toList();
  }

  private static SpecInputs withOwn(Seed seed) {
    SpecInputs of = inputs(Map.of());
    return new SpecInputs(
        of.name(),
        of.uuid(),
        of.memoryBytes(),
        of.milliCpus(),
        of.cgroupsPath(),
        of.networkNamespace(),
        of.seedFiles(),
        Optional.empty(),
        of.initProgram(),
        of.architecture(),
        of.terminal(),
        of.executor(),
        Optional.empty(),
        of.volumes(),
        of.files(),
        Optional.empty(),
        of.devices(),
        SeedArbitraries.ownDirectories(seed),
        Optional.empty());
  }

  @Test
  void directoriesOfTheTasksOwnAreBoundWithoutAnybodysGrant() {
    Source runtime = new Source.RuntimeDirectory(1 << 20);
    Seed seed =
        seed(Base.TASK)
            .mount(new Mount(new Source.State("vars", 1 << 20), "/vars/", false))
            .mount(new Mount(new Source.State("tpm", 1 << 20), "/vars/tpm", true))
            .mount(new Mount(runtime, "/run/task", false))
            .build();
    assertEquals(
        List.of(
            "/vars /run/own/state-vars bind,rprivate,nosuid,nodev,rw",
            "/vars/tpm /run/own/state-tpm bind,rprivate,nosuid,nodev,ro",
            "/run/task /run/own/runtime bind,rprivate,nosuid,nodev,noexec,rw"),
        mounts(seed, withOwn(seed), USUAL));
  }

  @Test
  void directoriesOfTheTasksOwnDoNotTakeThePlaceOfTheCores() {
    Seed seed =
        seed(Base.TASK)
            .mount(new Mount(new Source.State("vars", 1 << 20), "/proc/sys", false))
            .mount(new Mount(new Source.RuntimeDirectory(1 << 20), "/run/secrets/x", false))
            .build();
    AssembledSpec spec = SpecAssembly.assemble(seed, withOwn(seed), USUAL);
    assertEquals(
        List.of("mount /proc/sys", "mount /run/secrets/x"),
        spec.withheld().stream().map(Withheld::what).toList());
  }

  @Test
  void volumesAreBoundFromWhereTheyAreMadeReady() {
    Seed seed =
        seed(Base.TASK)
            .mount(mount("data", View.FILESYSTEM, "/data/"))
            .mount(mount("conf", View.FILE, "/data/./conf"))
            .mount(mount("slave", View.FILESYSTEM, "/slave"))
            .mount(new Mount(new Source.OfVolume("more", View.FILESYSTEM), "/more", true))
            .build();
    VolumePlace slave =
        new VolumePlace.OnNode(
            Path.of("/run/volumes/slave"),
            Propagation.SLAVE,
            false,
            SortedCopies.setOf(List.of(View.FILESYSTEM)));
    assertEquals(
        List.of(
            "/data /run/volumes/data bind,rprivate,nosuid,nodev,rw",
            "/data/conf /run/volumes/conf bind,rprivate,nosuid,nodev,ro",
            "/slave /run/volumes/slave bind,rslave,nosuid,nodev,rw",
            "/more /run/volumes/more bind,rprivate,nosuid,nodev,ro",
            "/etc/resolv.conf /run/n/resolv.conf bind,rprivate,nosuid,nodev,ro",
            "/etc/hosts /run/n/hosts bind,rprivate,nosuid,nodev,ro",
            "/etc/hostname /run/n/name bind,rprivate,nosuid,nodev,ro",
            "/run/secrets /run/secrets-of-web bind,nosuid,nodev,noexec,ro"),
        mounts(
            seed,
            inputs(
                Map.of(
                    "data",
                    DATA,
                    "conf",
                    onNode("conf", true, View.FILE),
                    "slave",
                    slave,
                    "more",
                    onNode("more", false, View.FILESYSTEM))),
            USUAL));
  }

  @Test
  void volumesInMemoryAreFileSystemsOfTheTask() {
    Seed seed =
        seed(Base.TASK)
            .mount(mount("tmp", View.FILESYSTEM, "/tmp"))
            .mount(mount("own", View.FILESYSTEM, "/own"))
            .build();
    assertEquals(
        List.of(
            "/tmp tmpfs nosuid,nodev,size=4096,rw",
            "/own tmpfs nosuid,nodev,size=8192,ro,mode=0755,uid=1000,gid=100"),
        mounts(
                seed,
                inputs(
                    Map.of(
                        "tmp", new VolumePlace.InMemory(4096, Optional.empty(), false),
                        "own",
                            new VolumePlace.InMemory(
                                8192, Optional.of(new Owner(1000, 100)), true))),
                USUAL)
            .subList(0, 2));
  }

  @Test
  void whatLiesAboveComesFirstAndTheRestKeepsItsOrder() {
    Seed seed =
        seed(Base.TASK)
            .mount(mount("a", View.FILESYSTEM, "/z/a/b"))
            .mount(mount("b", View.FILESYSTEM, "/b"))
            .mount(mount("c", View.FILESYSTEM, "/z/a"))
            .mount(mount("d", View.FILESYSTEM, "/run"))
            .mount(mount("e", View.FILESYSTEM, "/z"))
            .build();
    TreeMap<String, VolumePlace> places = new TreeMap<>();
    for (String name : List.of("a", "b", "c", "d", "e")) {
      places.put(name, onNode(name, false, View.FILESYSTEM));
    }
    assertEquals(
        List.of(
            "/z",
            "/z/a",
            "/z/a/b",
            "/b",
            "/run",
            "/etc/resolv.conf",
            "/etc/hosts",
            "/etc/hostname",
            "/run/secrets"),
        targets(seed, inputs(places)));
  }

  @Test
  void theFilesAboutTheNetworkGiveWayToWhatTheTaskBrings() {
    Seed own = seed(Base.TASK).mount(mount("data", View.FILESYSTEM, "/etc/hosts")).build();
    assertEquals(
        List.of("/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/run/secrets"),
        targets(own, inputs(Map.of("data", DATA))));
    Seed above = seed(Base.TASK).mount(mount("data", View.FILESYSTEM, "/etc")).build();
    assertEquals(List.of("/etc", "/run/secrets"), targets(above, inputs(Map.of("data", DATA))));
    Seed file = seed(Base.TASK).file(new SeedFile("/etc/hosts", new byte[0], 0644)).build();
    assertEquals(
        List.of("/etc/hosts", "/etc/resolv.conf", "/etc/hostname", "/run/secrets"),
        targets(file, inputs(Map.of(), Map.of(), 1)));
  }

  @Test
  void theNodesOwnRootKeepsItsFiles() {
    Grants hostRoot =
        new Grants(
            Origin.BUNDLED,
            USUAL.capabilities(),
            USUAL.namespaces(),
            USUAL.hostPaths(),
            SortedCopies.setOf(List.<String>of()),
            true);
    assertEquals(
        List.of("/run/secrets /run/secrets-of-web bind,nosuid,nodev,noexec,ro"),
        mounts(seed(Base.HOST).build(), inputs(Map.of()), hostRoot));
  }

  @Test
  void furtherFilesAreMountedButNotOverVolumesAndTheCoresOwn() {
    Seed seed = seed(Base.TASK).mount(mount("data", View.FILESYSTEM, "/data")).build();
    AssembledSpec spec =
        SpecAssembly.assemble(
            seed,
            inputs(
                Map.of("data", DATA),
                Map.of(
                    "/data", Path.of("/run/f/0"),
                    "/data/x", Path.of("/run/f/1"),
                    "/proc/x", Path.of("/run/f/2"),
                    "/run/secrets/x", Path.of("/run/f/3")),
                0),
            USUAL);
    assertEquals(
        List.of("file /data", "file /proc/x", "file /run/secrets/x"),
        spec.withheld().stream().map(Withheld::what).toList());
    assertTrue(spec.json().contains("/run/f/1"));
  }

  private static List<String> refused(Seed seed, Map<String, VolumePlace> volumes) {
    TaskException refusal =
        assertThrows(
            TaskException.class, () -> SpecAssembly.assemble(seed, inputs(volumes), USUAL));
    for (Problem problem : refusal.problems()) {
      assertEquals("VOLUME_NOT_PLACED", problem.code());
      assertEquals(Problem.Kind.INTERNAL, problem.kind());
      assertTrue(problem.message().contains("executor vendors-own"), problem.message());
      assertTrue(problem.message().contains("task web"), problem.message());
    }
    return refusal.problems().stream()
        .map(problem -> problem.message().replaceAll(".*task web |; report.*", ""))
        .toList();
  }

  @Test
  void aSeedThatDoesNotPlaceEachVolumeExactlyOnceIsRefused() {
    Map<String, VolumePlace> data = Map.of("data", DATA);
    assertEquals(List.of("mounts volume data nowhere"), refused(seed(Base.TASK).build(), data));
    assertEquals(
        List.of("mounts volume data 2 times"),
        refused(
            seed(Base.TASK)
                .mount(mount("data", View.FILESYSTEM, "/a"))
                .mount(mount("data", View.FILESYSTEM, "/b"))
                .build(),
            data));
    assertEquals(
        List.of("mounts volume data as block, which it does not offer"),
        refused(seed(Base.TASK).mount(mount("data", View.BLOCK, "/a")).build(), data));
    String elsewhere =
        "mounts volume data where the core, or the seed itself, mounts something else";
    for (String target : List.of("/proc", "/", "/run/secrets", "/dev/pts", "/dev/task-init")) {
      assertEquals(
          List.of(elsewhere),
          refused(seed(Base.TASK).mount(mount("data", View.FILESYSTEM, target)).build(), data));
    }
    assertEquals(
        List.of(elsewhere),
        refused(
            seed(Base.TASK)
                .mount(mount("data", View.FILESYSTEM, "/a"))
                .mount(new Mount(new Source.Tmpfs(1), "/a/", false))
                .build(),
            data));
    assertEquals(
        List.of("mounts volume other, which the task does not have"),
        refused(
            seed(Base.TASK)
                .mount(mount("data", View.FILESYSTEM, "/a"))
                .mount(mount("other", View.FILESYSTEM, "/b"))
                .build(),
            data));
    assertEquals(
        List.of("mounts volume a nowhere", "mounts volume b nowhere"),
        refused(seed(Base.TASK).build(), Map.of("a", DATA, "b", DATA)));
  }

  private static SpecInputs withRoot(VolumePlace root) {
    SpecInputs of = inputs(Map.of());
    return new SpecInputs(
        of.name(),
        of.uuid(),
        of.memoryBytes(),
        of.milliCpus(),
        of.cgroupsPath(),
        of.networkNamespace(),
        of.seedFiles(),
        of.secrets(),
        of.initProgram(),
        of.architecture(),
        of.terminal(),
        of.executor(),
        Optional.of(root),
        of.volumes(),
        of.files(),
        of.networkFiles(),
        of.devices());
  }

  private static Mount root(View view, String target) {
    return new Mount(new Source.OfRoot(view), target, false);
  }

  @Test
  void theRootOfATaskThatStandsOnToolsIsMountedAsVolumesAre() {
    Seed seed = seed(Base.TOOLS).mount(root(View.BLOCK, "/disk")).build();
    assertEquals(
        "/disk /run/volumes/root. bind,rprivate,nosuid,nodev,rw",
        mounts(seed, withRoot(onNode("root.", false, View.BLOCK)), USUAL).get(0));
    assertEquals(
        "/disk /run/volumes/root. bind,rprivate,nosuid,nodev,ro",
        mounts(seed, withRoot(onNode("root.", true, View.BLOCK)), USUAL).get(0));
  }

  private static String refusedRoot(Seed.Builder seed, SpecInputs inputs) {
    TaskException refusal =
        assertThrows(TaskException.class, () -> SpecAssembly.assemble(seed.build(), inputs, USUAL));
    assertEquals("ROOT_NOT_PLACED", refusal.first().code());
    assertEquals(Problem.Kind.INTERNAL, refusal.first().kind());
    return refusal.first().message().replaceAll(".*task web |; report.*", "");
  }

  @Test
  void aSeedThatDoesNotPlaceTheRootExactlyOnceIsRefused() {
    SpecInputs inputs = withRoot(onNode("root.", false, View.FILESYSTEM));
    Mount mount = root(View.FILESYSTEM, "/a");
    assertEquals("mounts the root of the task nowhere", refusedRoot(seed(Base.TOOLS), inputs));
    assertEquals(
        "mounts the root of the task 2 times",
        refusedRoot(seed(Base.TOOLS).mount(mount).mount(root(View.FILESYSTEM, "/b")), inputs));
    assertEquals(
        "mounts the root of the task as block, which it does not offer",
        refusedRoot(seed(Base.TOOLS).mount(root(View.BLOCK, "/a")), inputs));
    assertEquals(
        "mounts the root of the task where the core, or the seed itself, mounts something else",
        refusedRoot(seed(Base.TOOLS).mount(root(View.FILESYSTEM, "/proc")), inputs));
    assertEquals(
        "mounts the root of the task, which is the anchor's own",
        refusedRoot(seed(Base.TASK).mount(mount), inputs(Map.of())));
    assertEquals(
        "mounts the root of the task, which has none",
        refusedRoot(seed(Base.TOOLS).mount(mount), inputs(Map.of())));
  }

  @Test
  void dataOfCloudInitMayBeLeftOut() {
    Map<String, VolumePlace> data = Map.of("seed", onNode("seed", true, View.ISO9660));
    assertEquals(4, targets(seed(Base.TASK).build(), inputs(data)).size());
    Seed placed = seed(Base.TASK).mount(mount("seed", View.ISO9660, "/cidata")).build();
    assertEquals("/cidata", targets(placed, inputs(data)).get(0));
    assertEquals(
        List.of("mounts volume seed as file, which it does not offer"),
        refused(seed(Base.TASK).mount(mount("seed", View.FILE, "/a")).build(), data));
  }

  @Test
  void aVolumeTakesThePlaceOfWhatAPatchOrTheCoreHasThere() {
    Seed seed =
        seed(Base.TASK)
            .oci("{\"mounts\": [{\"destination\": \"/data\", \"type\": \"tmpfs\"}]}")
            .mount(mount("data", View.FILESYSTEM, "/data"))
            .mount(mount("shm", View.FILESYSTEM, "/dev/shm"))
            .build();
    List<String> all =
        SpecAssembly.assemble(
                seed,
                inputs(
                    Map.of(
                        "data",
                        DATA,
                        "shm",
                        new VolumePlace.InMemory(1 << 28, Optional.empty(), false))),
                USUAL)
            .spec()
            .mounts()
            .stream()
            .map(mount -> mount.destination() + " " + mount.source())
            .filter(text -> text.matches("/(data|dev/shm) .*"))
            .toList();
    assertEquals(List.of("/data /run/volumes/data", "/dev/shm tmpfs"), all);
  }
}
