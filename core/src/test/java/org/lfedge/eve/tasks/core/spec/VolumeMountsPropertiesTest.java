package org.lfedge.eve.tasks.core.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Owner;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.policy.LexicalPath;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.View;

/** Whatever volumes a task has, beside whatever its seed mounts, the mounts of its spec work. */
class VolumeMountsPropertiesTest {

  /**
   * A volume, and how the seed mounts it.
   *
   * @param target normalized, distinct from those of the others
   */
  record Placed(VolumePlace place, View view, String target, boolean askedReadOnly) {}

  /** A seed with volumes, and what the core gives for it. */
  record Case(Seed seed, SpecInputs inputs, SortedMap<String, Placed> volumes) {}

  private static Arbitrary<String> targets() {
    Arbitrary<String> deep =
        Arbitraries.of("a", "b", "ä b", "...")
            .list()
            .ofMinSize(1)
            .ofMaxSize(4)
            .map(names -> "/" + String.join("/", names));
    Arbitrary<String> known =
        Arbitraries.of(
            "/etc",
            "/etc/hosts",
            "/etc/resolv.conf",
            "/run",
            "/dev/shm",
            "/dev/shm/x",
            "/data",
            "/data/x",
            "/opt",
            "/opt/ä ö/x",
            "/run/secretsx");
    return Arbitraries.oneOf(deep, known);
  }

  private static Arbitrary<Placed> placed() {
    Arbitrary<Boolean> flags = Arbitraries.of(true, false);
    return Combinators.combine(
            Arbitraries.of(View.class).set().ofMinSize(1),
            Arbitraries.integers().between(0, 100),
            targets(),
            flags,
            flags,
            Arbitraries.of(Propagation.class),
            Arbitraries.of(new Owner(0, 0), new Owner(1000, 1)).optional())
        .as(
            (views, pick, target, readOnly, asked, propagation, owner) -> {
              if (pick % 5 == 0) {
                VolumePlace place = new VolumePlace.InMemory(1 + pick, owner, readOnly);
                return new Placed(place, View.FILESYSTEM, target, asked);
              }
              List<View> offered = List.copyOf(SortedCopies.setOf(views));
              VolumePlace place =
                  new VolumePlace.OnNode(
                      Path.of("/run/volumes/" + target.hashCode()),
                      propagation,
                      readOnly,
                      SortedCopies.setOf(views));
              return new Placed(place, offered.get(pick % offered.size()), target, asked);
            });
  }

  @Provide
  Arbitrary<Case> tasks() {
    Arbitrary<Boolean> flags = Arbitraries.of(true, false);
    Arbitrary<List<Placed>> volumes = placed().list().uniqueElements(Placed::target).ofMaxSize(8);
    return Combinators.combine(SeedArbitraries.seedsWithPatches(), volumes, flags, flags)
        .flatAs(
            (seed, placed, spelledOut, withFiles) -> {
              Seed with = withVolumes(seed, placed, spelledOut);
              return SeedArbitraries.inputs(with)
                  .map(inputs -> new Case(with, inputs(inputs, placed, withFiles), byName(placed)));
            });
  }

  /** What the seed mounts where a volume goes would leave the volume out, so it goes first. */
  private static Seed withVolumes(Seed seed, List<Placed> placed, boolean spelledOut) {
    Seed.Builder builder =
        SeedArbitraries.builder(
            seed,
            target ->
                placed.stream()
                    .noneMatch(one -> one.target().equals(LexicalPath.normalize(target))));
    for (int i = 0; i < placed.size(); i++) {
      Placed one = placed.get(i);
      String target = spelledOut ? one.target().replace("/", "//./") + "/" : one.target();
      builder.mount(
          new Mount(new Source.OfVolume("v" + i, one.view()), target, one.askedReadOnly()));
    }
    return builder.build();
  }

  private static SortedMap<String, Placed> byName(List<Placed> placed) {
    SortedMap<String, Placed> byName = new TreeMap<>();
    placed.forEach(one -> byName.put("v" + byName.size(), one));
    return byName;
  }

  private static SpecInputs inputs(SpecInputs of, List<Placed> placed, boolean withFiles) {
    SortedMap<String, VolumePlace> places = new TreeMap<>();
    byName(placed).forEach((name, one) -> places.put(name, one.place()));
    SortedMap<String, Path> files = new TreeMap<>();
    if (withFiles) {
      files.put("/etc/app.conf", Path.of("/run/files/0"));
      files.put("/a/b/c/d/e", Path.of("/run/files/1"));
      files.put("/data", Path.of("/run/files/2"));
    }
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
        Optional.empty(),
        places,
        files,
        Optional.of(
            new NetworkFiles(
                Optional.of(Path.of("/run/n/r")),
                Optional.of(Path.of("/run/n/h")),
                Optional.of(Path.of("/run/n/n")))),
        DeviceInputs.NONE,
        of.own(),
        Optional.empty());
  }

  @Provide
  Arbitrary<Grants> grants() {
    return SeedArbitraries.grants();
  }

  @Property
  void mountsComeInAnOrderThatWorksAndEachVolumeIsThereOnce(
      @ForAll("tasks") Case task, @ForAll("grants") Grants grants) {
    AssembledSpec spec;
    try {
      spec = SpecAssembly.assemble(task.seed(), task.inputs(), grants);
    } catch (TaskException e) {
      assertTrue(
          List.of(grants.hostRootRefused().code(), "OCI_PATCH_INVALID").contains(e.first().code()),
          e.getMessage());
      return;
    }
    Statistics.label("volumes")
        .collect(task.volumes().size() > 1 ? "several" : "at most one")
        .coverage(coverage -> coverage.check("several").percentage(share -> share > 30));
    assertEquals(List.of(), OciSchema.violations(spec.json()));
    assertEquals(List.of(), GrantsOracle.excesses(spec.json(), task.seed(), task.inputs(), grants));
    assertEquals(
        spec.json(), SpecAssembly.assemble(task.seed(), task.inputs(), grants).json(), "bytes");
    List<RuntimeSpec.Mount> mounts = spec.spec().mounts();
    checkOrder(mounts.stream().map(mount -> String.valueOf(mount.destination())).toList());
    task.volumes().forEach((name, placed) -> checkVolume(placed, mounts));
    checkNetworkFiles(task, mounts);
  }

  /** Below the root, in one spelling, none twice, none hidden by a later one above it. */
  private static void checkOrder(List<String> targets) {
    List<String> before = new ArrayList<>();
    for (String target : targets) {
      assertTrue(target.matches("(?s)(/[^/]+)+"), target);
      assertFalse((target + "/").contains("/../") || (target + "/").contains("/./"), target);
      for (String other : before) {
        assertFalse((other + "/").startsWith(target + "/"), () -> target + " hides " + other);
      }
      before.add(target);
    }
  }

  private static void checkVolume(Placed placed, List<RuntimeSpec.Mount> mounts) {
    List<RuntimeSpec.Mount> there =
        mounts.stream().filter(mount -> placed.target().equals(mount.destination())).toList();
    assertEquals(1, there.size());
    RuntimeSpec.Mount mount = there.get(0);
    boolean readOnly = placed.place().readOnly() || placed.askedReadOnly();
    assertEquals(readOnly, mount.options().contains("ro"));
    assertEquals(!readOnly, mount.options().contains("rw"));
    if (placed.place() instanceof VolumePlace.OnNode onNode) {
      String path = onNode.path().toString();
      assertEquals("bind", mount.type());
      assertEquals(path, mount.source());
      assertEquals(1, mounts.stream().filter(other -> path.equals(other.source())).count());
      boolean follows = onNode.propagation() == Propagation.SLAVE;
      assertTrue(mount.options().contains(follows ? "rslave" : "rprivate"));
    } else if (placed.place() instanceof VolumePlace.InMemory memory) {
      assertEquals("tmpfs", mount.type());
      assertTrue(mount.options().contains("size=" + memory.bytes()));
    }
  }

  private static void checkNetworkFiles(Case task, List<RuntimeSpec.Mount> mounts) {
    for (String target : List.of("/etc/resolv.conf", "/etc/hosts", "/etc/hostname")) {
      List<RuntimeSpec.Mount> covering =
          mounts.stream()
              .filter(mount -> (target + "/").startsWith(mount.destination() + "/"))
              .toList();
      boolean ours =
          covering.stream().anyMatch(mount -> String.valueOf(mount.source()).startsWith("/run/n/"));
      boolean onTheNodesRoot = task.seed().base() == Base.HOST;
      assertFalse(ours && onTheNodesRoot, target);
      assertTrue(ours || onTheNodesRoot || !covering.isEmpty(), target);
      assertTrue(!ours || covering.size() == 1, target);
    }
  }
}
