package org.lfedge.eve.tasks.core.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Seed;

class SpecAssemblyPropertiesTest {

  /** A seed with what the core gives for it. */
  record Case(Seed seed, SpecInputs inputs) {}

  @Provide
  Arbitrary<Case> plain() {
    return SeedArbitraries.seeds().flatMap(SpecAssemblyPropertiesTest::withInputs);
  }

  @Provide
  Arbitrary<Case> patched() {
    return SeedArbitraries.seedsWithPatches().flatMap(SpecAssemblyPropertiesTest::withInputs);
  }

  @Provide
  Arbitrary<Grants> grants() {
    return SeedArbitraries.grants();
  }

  private static Arbitrary<Case> withInputs(Seed seed) {
    return SeedArbitraries.inputs(seed).map(inputs -> new Case(seed, inputs));
  }

  @Property
  void everySeedWithoutPatchGivesAValidSpec(
      @ForAll("plain") Case task, @ForAll("grants") Grants grants) {
    if (task.seed().base() == Base.HOST && !grants.hostRoot()) {
      assertRefused(task, grants, Set.of(grants.hostRootRefused().code()));
      return;
    }
    check(task, grants);
  }

  @Property
  void everyPatchGivesAValidSpecOrIsRefused(
      @ForAll("patched") Case task, @ForAll("grants") Grants grants) {
    boolean refused;
    try {
      SpecAssembly.assemble(task.seed(), task.inputs(), grants);
      refused = false;
    } catch (TaskException e) {
      refused = true;
    }
    Statistics.label("patches")
        .collect(refused ? "refused" : "used")
        .coverage(coverage -> coverage.check("used").percentage(share -> share > 50));
    if (refused) {
      assertRefused(task, grants, Set.of(grants.hostRootRefused().code(), "OCI_PATCH_INVALID"));
    } else {
      check(task, grants);
    }
  }

  private static void assertRefused(Case task, Grants grants, Set<String> codes) {
    TaskException refusal =
        assertThrows(
            TaskException.class, () -> SpecAssembly.assemble(task.seed(), task.inputs(), grants));
    assertTrue(codes.contains(refusal.first().code()), refusal.getMessage());
  }

  private static void check(Case task, Grants grants) {
    Seed seed = task.seed();
    AssembledSpec assembled = SpecAssembly.assemble(seed, task.inputs(), grants);
    assertEquals(List.of(), OciSchema.violations(assembled.json()));
    assertEquals(List.of(), GrantsOracle.excesses(assembled.json(), seed, task.inputs(), grants));
    assertEquals(
        assembled.json(), SpecAssembly.assemble(seed, task.inputs(), grants).json(), "bytes");
    assertEquals(assembled.spec(), RuntimeSpec.parse(assembled.json()), "read back");
    SpecAssembly.requireMinimum(RuntimeSpec.parse(assembled.json()));

    RuntimeSpec.Program process = Objects.requireNonNull(assembled.spec().process());
    List<String> args = new ArrayList<>();
    if (seed.process().init()) {
      args.addAll(List.of("/dev/task-init", "--"));
    }
    args.addAll(seed.process().args());
    assertEquals(args, process.args());
    assertEquals(seed.process().env(), process.env());
    assertEquals(seed.process().workingDir(), process.cwd());
    assertTrue(assembled.withheld().size() <= AssembledSpec.MAX_WITHHELD);
  }

  @Property
  void theCpusOfAnySpecCanBeSetUnderItsRunningTask(
      @ForAll("patched") Case task, @ForAll("grants") Grants grants) {
    String json;
    try {
      json = SpecAssembly.assemble(task.seed(), task.inputs(), grants).json();
    } catch (TaskException e) {
      return;
    }
    String pinned = SpecResources.withCpus(json, Optional.of("0-1,5"));
    assertEquals(Optional.of("0-1,5"), SpecResources.cpus(pinned));
    assertTrue(SpecResources.differOnlyInResources(json, pinned));
    assertEquals(List.of(), OciSchema.violations(pinned));
    assertEquals(json, SpecResources.withCpus(pinned, Optional.empty()));
  }

  /** What a seed names and does not get is always listed. */
  @Property
  void whatIsNotGrantedIsListed(@ForAll("plain") Case task, @ForAll("grants") Grants grants) {
    if (task.seed().base() == Base.HOST && !grants.hostRoot()) {
      return;
    }
    AssembledSpec assembled = SpecAssembly.assemble(task.seed(), task.inputs(), grants);
    List<String> listed = assembled.withheld().stream().map(entry -> entry.what()).toList();
    List<String> wanted = new ArrayList<>();
    task.seed()
        .process()
        .capabilities()
        .ifPresent(
            names ->
                names.stream()
                    .filter(name -> !grants.capabilities().contains(name))
                    .forEach(name -> wanted.add("capability " + name)));
    task.seed().shared().stream()
        .filter(namespace -> !grants.namespaces().contains(namespace))
        .forEach(namespace -> wanted.add("the node's namespace " + namespace));
    assertTrue(listed.containsAll(wanted), () -> listed + " lacks some of " + wanted);
  }
}
