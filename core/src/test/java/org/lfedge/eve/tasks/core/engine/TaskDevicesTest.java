package org.lfedge.eve.tasks.core.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.await;
import static org.lfedge.eve.tasks.core.engine.EngineFixture.document;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;

/** The devices of tasks, on fakes. */
class TaskDevicesTest extends EngineTest {

  private static TaskDocument with(String name, String devices) {
    return document(
        "{name: "
            + name
            + ", root: {image: web}, command: [serve], resources: {memory: 64MiB},"
            + " stop: {grace: 100ms}, restart: {policy: never}, devices: ["
            + devices
            + "]}");
  }

  private String spec(String task) {
    return engine.manager().inspect(task).record().blueprint().orElseThrow().specJson();
  }

  @Test
  void aDeviceHasTheNumbersOfEachStart() {
    engine.devices.nodes.put("/dev/ttyS0", 64);
    await(engine.manager().create(with("web", "{path: /dev/ttyS0, access: r}")));
    assertTrue(runtime.liveSpec("web").contains("\"major\":4,\"minor\":64,\"access\":\"r\""));
    await(engine.manager().start("web", false));
    await(engine.manager().stop("web", false));
    engine.devices.nodes.put("/dev/ttyS0", 65);
    await(engine.manager().start("web", false));
    assertTrue(runtime.liveSpec("web").contains("\"major\":4,\"minor\":65,\"access\":\"r\""));
    assertEquals(spec("web"), runtime.liveSpec("web"));
  }

  @Test
  void aDeviceThatIsGoneFailsTheStartAndNothingElse() {
    engine.devices.nodes.put("/dev/ttyS0", 64);
    await(engine.manager().create(with("web", "{path: /dev/ttyS0}")));
    await(engine.manager().start("web", false));
    await(engine.manager().stop("web", false));
    engine.devices.nodes.clear();
    assertEquals("DEVICE_NOT_FOUND", refusal(engine.manager().start("web", false)).first().code());
    assertEquals(TaskState.FAILED, only().state());
    engine.devices.nodes.put("/dev/ttyS0", 64);
    await(engine.manager().start("web", false));
    assertEquals(TaskState.RUNNING, only().state());

    TaskException missing = refusal(engine.manager().create(with("other", "{path: /dev/ttyS7}")));
    assertEquals("DEVICE_NOT_FOUND", missing.first().code());
    assertEquals("web", only().name());
  }

  @Test
  void policyIsAskedAtEachStart() {
    engine.devices.nodes.put("/dev/ttyS0", 64);
    await(engine.manager().create(with("web", "{path: /dev/ttyS0}")));
    await(engine.manager().start("web", false));
    await(engine.manager().stop("web", false));
    engine.policy = EngineFixture.withDevices("nic:*");
    engine.restart();
    assertEquals(
        "DEVICE_NOT_ALLOWED", refusal(engine.manager().start("web", false)).first().code());
  }

  @Test
  void anExclusiveDeviceIsOfTheTaskThatExists() {
    await(engine.manager().create(with("web", "{nic: eth1}")));
    assertEquals(Map.of("web", List.of("eth1")), engine.devices.moved);
    TaskException taken = refusal(engine.manager().create(with("other", "{nic: eth1}")));
    assertEquals("DEVICE_TAKEN", taken.first().code());
    assertEquals("devices[0].nic", taken.first().path());
    assertTrue(taken.first().message().contains("task web has"), taken.first().message());
    List<Change> planned =
        await(engine.manager().apply(List.of(with("other", "{nic: eth1}")), true, false, false));
    assertEquals("DEVICE_TAKEN", planned.get(0).problems().get(0).code());

    engine.restart();
    assertEquals(
        "DEVICE_TAKEN",
        refusal(engine.manager().create(with("other", "{nic: eth1}"))).first().code());
    await(engine.manager().delete("web", false, false));
    assertTrue(engine.devices.moved.isEmpty());
    await(engine.manager().create(with("other", "{nic: eth1}")));
    await(engine.manager().delete("other", false, false));
    assertNothingIsLeft();
  }

  @Test
  void aCardOfNoTaskIsMovedBack() {
    engine.devices.moveIn("gone", List.of("eth1"));
    engine.restart();
    assertTrue(engine.devices.moved.isEmpty());
  }

  @Test
  void whatEveryTaskHasIsRefused() {
    engine.policy = EngineFixture.withDevices("/dev/*");
    engine.restart();
    engine.devices.nodes.put("/dev/null", 3);
    TaskException refused = refusal(engine.manager().create(with("web", "{path: /dev/null}")));
    assertEquals("DEVICE_RESERVED", refused.first().code());
  }
}
