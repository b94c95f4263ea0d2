package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.HypervisorMemory.Amount;

/**
 * Tasks whose memory a hypervisor gives, on fakes: of what they ask for nothing is in the cgroup,
 * where their anchor has 16 MiB, and 2 MiB come on top in the hypervisor.
 */
class HypervisorTaskTest extends EngineTest {

  private static final long MIB = 1 << 20;

  private static TaskDocument guest(String name, String memory, String more) {
    return document(
        "{name: "
            + name
            + ", root: {image: web}, command: [serve], options: {level: 10}, resources: {memory: "
            + memory
            + more
            + "}, stop: {grace: 100ms}, restart: {policy: never}}");
  }

  private static TaskDocument guest(String name, String memory) {
    return guest(name, memory, "");
  }

  private void free(long mebibytes) {
    engine.hypervisor = () -> Optional.of(new Amount(4096 * MIB, mebibytes * MIB));
  }

  private long limit(String task) {
    String spec = runtime.liveSpec(task);
    return Long.parseLong(spec.replaceFirst(".*\"memory\":\\{\"limit\":([0-9]+).*", "$1"));
  }

  private Change applied(TaskDocument document, boolean dryRun) {
    List<Change> changes = await(engine.manager().apply(List.of(document), dryRun, false, false));
    assertEquals(1, changes.size());
    return changes.get(0);
  }

  @Test
  void eachPoolHasItsPart() {
    free(1000);
    await(engine.manager().create(guest("vm", "512MiB")));
    assertEquals(16 * MIB, limit("vm"));
    TaskView.Memory memory = only().memory();
    assertEquals(512 * MIB, memory.asked());
    assertEquals(16 * MIB, memory.tax());
    assertEquals(16 * MIB, memory.limit());
    assertEquals(514 * MIB, memory.hypervisor());
    await(engine.manager().create(EngineFixture.task("web")));
    assertEquals(65 * MIB, limit("web"));
    assertEquals(0, engine.manager().inspect("web").view().memory().hypervisor());
  }

  @Test
  void theOperatorsTaxIsThatOfTheCgroup() {
    free(1000);
    await(engine.manager().create(guest("vm", "512MiB", ", tax: {memory: 32MiB}")));
    assertEquals(32 * MIB, limit("vm"));
    assertEquals(514 * MIB, only().memory().hypervisor());
    Problem problem =
        refusal(engine.manager().create(guest("small", "512MiB", ", tax: {memory: 2MiB}"))).first();
    assertEquals("MEMORY_BELOW_MINIMUM", problem.code());
    assertEquals("resources.tax.memory", problem.path());
    assertEquals("2 MiB", problem.value());
  }

  @Test
  void aGuestMayBeLargerThanTheNode() {
    long node = EngineFixture.NODE_BYTES / MIB;
    free(4 * node);
    await(engine.manager().create(guest("vm", 2 * node + "MiB")));
    assertEquals(16 * MIB, limit("vm"));
  }

  @Test
  void withoutAHypervisorThereIsNoGuest() {
    Problem problem = refusal(engine.manager().create(guest("vm", "512MiB"))).first();
    assertEquals("HYPERVISOR_MEMORY_NOT_FREE", problem.code());
    assertTrue(problem.message().contains("runs under none"), problem.message());
    assertNothingIsLeft();
  }

  @Test
  void aHypervisorThatCannotBeAskedIsAProblemOfTheNode() {
    engine.hypervisor =
        () -> {
          throw TaskException.failed(Problem.host("HYPERVISOR_UNKNOWN", "install it"));
        };
    assertEquals(
        "HYPERVISOR_UNKNOWN",
        refusal(engine.manager().create(guest("vm", "512MiB"))).first().code());
    await(engine.manager().create(EngineFixture.task("web")));
  }

  @Test
  void whatIsPromisedAndNotTakenYetIsNotFree() {
    free(1000);
    await(engine.manager().create(guest("first", "512MiB")));
    Problem problem = refusal(engine.manager().create(guest("second", "512MiB"))).first();
    assertTrue(
        problem
            .message()
            .contains(
                "takes 514 MiB from a hypervisor (512 MiB asked, 2 MiB tax), which has 1000 MiB"
                    + " free, 514 MiB of that promised to tasks that do not run now; held by first"
                    + " 514 MiB; ask for less or delete a task"),
        problem.message());
    assertEquals("resources.memory", problem.path());

    await(engine.manager().start("first", false));
    free(486);
    assertEquals(
        "HYPERVISOR_MEMORY_NOT_FREE",
        refusal(engine.manager().create(guest("second", "485MiB"))).first().code());
    await(engine.manager().create(guest("second", "484MiB")));
    await(engine.manager().stop("first", false));
    free(1000);
    assertEquals(
        "HYPERVISOR_MEMORY_NOT_FREE",
        refusal(engine.manager().create(guest("third", "1MiB"))).first().code());
    await(engine.manager().delete("first", false, false));
    await(engine.manager().create(guest("third", "512MiB")));
  }

  @Test
  void whatWasPromisedIsKeptOverARestartOfTheDaemonAndOfTheNode() {
    free(1000);
    await(engine.manager().create(guest("vm", "512MiB")));
    engine.restart();
    assertEquals(
        "HYPERVISOR_MEMORY_NOT_FREE",
        refusal(engine.manager().create(guest("other", "512MiB"))).first().code());
    await(engine.manager().start("vm", false));
    free(100);
    engine.reboot();
    awaitState(TaskState.RUNNING);
  }

  @Test
  void anotherSizeIsAnotherGuest() {
    free(1000);
    await(engine.manager().create(guest("vm", "512MiB")));
    int before = await(engine.manager().start("vm", false)).anchor().orElseThrow().pid();
    free(486);
    assertEquals(Change.Action.REPLACE, applied(guest("vm", "256MiB"), true).action());
    assertEquals(Change.Action.REPLACE, applied(guest("vm", "998MiB"), true).action());
    Change tooLarge = applied(guest("vm", "999MiB"), true);
    assertEquals(
        List.of("HYPERVISOR_MEMORY_NOT_FREE"),
        tooLarge.problems().stream().map(Problem::code).toList());
    assertTrue(tooLarge.problems().get(0).message().contains("which has 1000 MiB free"));

    engine.hypervisor =
        () ->
            Optional.of(
                new Amount(
                    4096 * MIB, only().state() == TaskState.RUNNING ? 486 * MIB : 1000 * MIB));
    assertEquals(List.of(), applied(guest("vm", "998MiB"), false).problems());
    assertNotEquals(before, only().anchor().orElseThrow().pid());
    assertEquals(1000 * MIB, only().memory().hypervisor());
    assertEquals(16 * MIB, limit("vm"));
  }

  @Test
  void whatTakesNoMoreOfTheHypervisorStaysInPlaceAndAsksNobody() {
    free(1000);
    await(engine.manager().create(guest("vm", "512MiB")));
    int before = await(engine.manager().start("vm", false)).anchor().orElseThrow().pid();
    free(0);
    Change change = applied(guest("vm", "512MiB", ", cpus: 2, tax: {memory: 24MiB}"), false);
    assertEquals(Change.Action.UPDATE, change.action());
    assertEquals(List.of(), change.problems());
    assertEquals(before, only().anchor().orElseThrow().pid());
    assertEquals(24 * MIB, limit("vm"));
  }
}
