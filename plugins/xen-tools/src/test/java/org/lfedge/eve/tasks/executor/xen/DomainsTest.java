package org.lfedge.eve.tasks.executor.xen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.guest.GuestRequest;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;

/** What holds for the domain of any document. */
class DomainsTest {

  @Property
  void whatIsAskedForIsReadBack(@ForAll long seed) throws SeedException {
    GuestRequest request = SampleDomains.any(seed);
    Map<String, Object> config = Requests.config(request);
    assertEquals(request.name(), config.get("name"));
    assertEquals(GuestRequest.TASK.toString(), config.get("uuid"));
    assertEquals(request.resources().memoryBytes() >> 20, config.get("memory"));
    assertEquals((request.resources().milliCpus() + 999L) / 1000, config.get("vcpus"));
    request
        .options()
        .string("commandLine")
        .ifPresent(commandLine -> assertEquals(commandLine, config.get("extra")));
    request.options().string("type").ifPresent(type -> assertEquals(type, config.get("type")));
    request.options().string("cpus").ifPresent(cpus -> assertEquals(cpus, config.get("cpus")));
    for (String event : List.of("poweroff", "reboot", "crash", "watchdog")) {
      assertEquals("destroy", config.get("on_" + event));
    }
  }

  @Property
  void disksAndInterfacesStandOnceAndInOrder(@ForAll long seed) throws SeedException {
    GuestRequest request = SampleDomains.any(seed);
    Seed made = request.seed();
    Map<String, Object> config = XlText.read(Requests.text(made));
    List<String> macs = new ArrayList<>();
    List<String> bridges = new ArrayList<>();
    for (Object card : (List<?>) config.get("vif")) {
      Map<String, String> spec = XlText.spec(card);
      macs.add(spec.get("mac"));
      bridges.add(spec.get("bridge"));
    }
    assertEquals(request.interfaces().stream().map(NetworkInterface::mac).toList(), macs);
    assertEquals(made.attachments().stream().map(Attachment::tapName).toList(), bridges);
    List<String> files = new ArrayList<>();
    List<String> names = new ArrayList<>();
    for (Object disk : (List<?>) config.get("disk")) {
      Map<String, String> spec = XlText.spec(disk);
      files.add(spec.get("target"));
      names.add(spec.get("vdev"));
    }
    assertEquals(names.size(), new HashSet<>(names).size());
    assertEquals(made.mounts().stream().map(Mount::target).filter(files::contains).toList(), files);
  }

  @Property
  void noSecretIsAnywhere(@ForAll long seed) throws SeedException {
    Seed made = SampleDomains.any(seed).seed();
    assertFalse(Requests.text(made).contains("/run/secrets"));
  }

  @Property
  void memoryIsTheHypervisors(@ForAll long seed) throws SeedException {
    GuestRequest request = SampleDomains.any(seed);
    Seed made = request.seed();
    assertEquals(Pool.HYPERVISOR, made.memory());
    assertTrue(made.tax().bytes(Pool.CGROUP) < 1L << 31);
    long most =
        request.options().integer("maxMemoryMib").orElse(request.resources().memoryBytes() >> 20)
            << 20;
    assertTrue(
        (request.resources().memoryBytes() >> 20 << 20) + made.tax().bytes(Pool.HYPERVISOR) > most);
  }
}
