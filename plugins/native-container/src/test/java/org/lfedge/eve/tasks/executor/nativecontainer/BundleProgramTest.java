package org.lfedge.eve.tasks.executor.nativecontainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.executor.nativecontainer.Requests.Request;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.User;

/** A bundle's config.json is the seed; the document overrides it. */
class BundleProgramTest {

  private static final String TEXT = "{\"hostname\":\"inside\"}";

  private static final Map<String, String> CONFIG =
      Map.ofEntries(
          Map.entry("/process/args/0", "/bin/server"),
          Map.entry("/process/args/1", "--all"),
          Map.entry("/process/env/0", "PATH=/bin"),
          Map.entry("/process/env/1", "TERM=xterm"),
          Map.entry("/process/cwd", "/srv"),
          Map.entry("/process/user/uid", "33"),
          Map.entry("/process/user/gid", "34"),
          Map.entry("/process/user/additionalGids/0", "40"),
          Map.entry("/process/capabilities/bounding/0", "CAP_KILL"),
          Map.entry("/process/capabilities/effective/0", "CAP_SYS_ADMIN"),
          Map.entry("/root/readonly", "true"),
          Map.entry("/annotations/org.opencontainers.image.stopSignal", "SIGINT"));

  private static Seed seed(Request request) throws SeedException {
    return new NativeContainerExecutor().seed(request);
  }

  private static Map<String, String> with(String pointer, String value) {
    TreeMap<String, String> changed = new TreeMap<>(CONFIG);
    changed.put(pointer, value);
    return changed;
  }

  private static String refusal(Request request) {
    SeedException refused = assertThrows(SeedException.class, () -> seed(request));
    return refused.code();
  }

  @Test
  void theConfigSaysWhatRuns() throws SeedException {
    Seed seed = seed(Requests.bundle(TEXT, CONFIG));
    assertEquals(List.of("/bin/server", "--all"), seed.process().args());
    assertEquals(List.of("PATH=/bin", "TERM=xterm"), seed.process().env());
    assertEquals("/srv", seed.process().workingDir());
    assertEquals(new User(33, 34, List.of(40)), seed.process().user());
    assertTrue(seed.readOnly());
    assertEquals(StopPlan.signal("SIGINT", Duration.ofSeconds(30)), seed.stop());
    assertEquals(Base.TASK, seed.base());
    assertEquals(Optional.of(TEXT), seed.oci());
  }

  @Test
  void theBoundingSetIsAskedForAndNoSetMeansNone() throws SeedException {
    assertEquals(
        List.of("CAP_KILL"),
        List.copyOf(seed(Requests.bundle(TEXT, CONFIG)).process().capabilities().orElseThrow()));
    TreeMap<String, String> without = new TreeMap<>(CONFIG);
    without.remove("/process/capabilities/bounding/0");
    assertTrue(
        seed(Requests.bundle(TEXT, without)).process().capabilities().orElseThrow().isEmpty());
  }

  @Test
  void theDocumentOverridesTheConfig() throws SeedException {
    Request request = Requests.bundle(TEXT, CONFIG);
    User user = new User(1, 2, List.of());
    Seed seed =
        seed(
            request
                .with(
                    request
                        .task()
                        .command("/other")
                        .workingDir("/")
                        .env(Map.of("TERM", "dumb", "A", "1")))
                .as(user));
    assertEquals(List.of("/other"), seed.process().args());
    assertEquals(List.of("PATH=/bin", "TERM=dumb", "A=1"), seed.process().env());
    assertEquals("/", seed.process().workingDir());
    assertEquals(user, seed.process().user());
    assertEquals(Optional.of(TEXT), seed.oci());
  }

  @Test
  void eitherDocumentOrConfigMakesTheRootReadOnly() throws SeedException {
    Map<String, String> writable = with("/root/readonly", "false");
    Request request = Requests.bundle(TEXT, writable);
    assertFalse(seed(request).readOnly());
    assertTrue(seed(request.with(Requests.Task.of(new Root.Bundle("/b", true)))).readOnly());
  }

  @Test
  void aBundleWithoutAConfigIsRefused() {
    assertEquals("NO_BUNDLE_CONFIG", refusal(Requests.of(new Root.Bundle("/srv/rootfs", false))));
  }

  @Test
  void aConfigWithoutAProgramNeedsACommand() throws SeedException {
    Request request = Requests.bundle("{}", Map.of());
    assertEquals("NO_COMMAND", refusal(request));
    Seed seed = seed(request.with(request.task().command("/a")));
    assertEquals(List.of("/a"), seed.process().args());
    assertEquals("/", seed.process().workingDir());
    assertEquals(User.ROOT, seed.process().user());
  }

  @Test
  void whatIsNotUnderstoodIsRefusedRatherThanLeftOut() {
    assertEquals("MALFORMED_BUNDLE", refusal(Requests.bundle("[]", Map.of())));
    assertEquals("MALFORMED_BUNDLE", refusal(Requests.bundle(TEXT, with("/process/args", "x"))));
    assertEquals(
        "MALFORMED_BUNDLE", refusal(Requests.bundle(TEXT, with("/process/args/3", "gap"))));
    assertEquals(
        "MALFORMED_BUNDLE", refusal(Requests.bundle(TEXT, with("/process/env/2/deep", "x"))));
    assertEquals(
        "MALFORMED_PROGRAM",
        refusal(Requests.bundle(TEXT, with("/process/capabilities/bounding/0", "KILL"))));
    assertEquals(
        "MALFORMED_PROGRAM", refusal(Requests.bundle(TEXT, with("/process/cwd", "relative"))));
    assertEquals(
        "UNKNOWN_STOP_SIGNAL",
        refusal(
            Requests.bundle(
                TEXT, with("/annotations/org.opencontainers.image.stopSignal", "SIGNO"))));
  }

  @Property
  void anIdIsTakenIfItIsInRangeAndRefusedOtherwise(@ForAll long id) throws SeedException {
    Request request = Requests.bundle(TEXT, with("/process/user/uid", Long.toString(id)));
    if (id >= 0 && id <= Integer.MAX_VALUE) {
      assertEquals(id, seed(request).process().user().uid());
    } else {
      assertEquals("MALFORMED_BUNDLE", refusal(request));
    }
  }

  @Property
  void argumentsAreKeptInTheOrderOfTheirNumbers(@ForAll List<String> args) throws SeedException {
    TreeMap<String, String> config = new TreeMap<>();
    config.put("/process/args/0", "/program");
    for (int i = 0; i < args.size(); i++) {
      config.put("/process/args/" + (i + 1), args.get(i).replace("\0", ""));
    }
    List<String> seeded = seed(Requests.bundle(TEXT, config)).process().args();
    assertEquals("/program", seeded.get(0));
    assertEquals(
        args.stream().map(arg -> arg.replace("\0", "")).toList(), seeded.subList(1, seeded.size()));
  }
}
