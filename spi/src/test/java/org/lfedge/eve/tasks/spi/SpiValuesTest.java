package org.lfedge.eve.tasks.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Attachment.Form;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Join;
import org.lfedge.eve.tasks.spi.seed.Measurement;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.seed.StopStep;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.Hypervisor;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;

/** The values of the SPI refuse what is malformed and cannot be changed from outside. */
class SpiValuesTest {

  private static final Attachment TAP = new Attachment("eth0", "tap0", 1000, Join.REDIRECT);
  private static final AnchorProcess PROCESS = AnchorProcess.builder(List.of("/a")).build();

  private static void refuses(Runnable construction) {
    assertThrows(IllegalArgumentException.class, construction::run);
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings().withChars("a/.=\0 é\n").ofMaxLength(12);
  }

  @Property
  void aTargetIsAcceptedExactlyIfItIsAbsoluteAndDoesNotClimb(@ForAll("texts") String path) {
    boolean good =
        path.startsWith("/")
            && path.indexOf('\0') < 0
            && !List.of(path.split("/", -1)).contains("..");
    Source source = new Source.Tmpfs(1);
    if (good) {
      assertEquals(path, new Mount(source, path, false).target());
      assertEquals(path, new SeedFile(path, new byte[0], 0).target());
      assertEquals(path, new Source.OfHost(path).path());
    } else {
      refuses(() -> new Mount(source, path, false));
      refuses(() -> new SeedFile(path, new byte[0], 0));
      refuses(() -> new Source.OfHost(path));
      refuses(() -> AnchorProcess.builder(List.of("/a")).workingDir(path).build());
    }
  }

  @Property
  void aJsonFileIsBelowTheRoot(@ForAll("texts") String path) {
    boolean good =
        !path.isEmpty() && !path.startsWith("/") && !List.of(path.split("/", -1)).contains("..");
    if (good) {
      assertEquals(path, new FactQuery.JsonFile(path).path());
    } else {
      refuses(() -> new FactQuery.JsonFile(path));
    }
  }

  @Property
  void argsAndEnvAreKeptExactlyOrRefused(
      @ForAll List<String> args, @ForAll("texts") String variable) {
    boolean good =
        !args.isEmpty()
            && !args.get(0).isEmpty()
            && args.stream().noneMatch(arg -> arg.indexOf('\0') >= 0);
    if (good) {
      assertEquals(args, AnchorProcess.builder(args).build().args());
    } else {
      refuses(() -> AnchorProcess.builder(args).build());
    }
    AnchorProcess.Builder withVariable =
        AnchorProcess.builder(List.of("/a")).env(List.of(variable));
    if (variable.indexOf('=') > 0 && variable.indexOf('\0') < 0) {
      assertEquals(List.of(variable), withVariable.build().env());
    } else {
      refuses(withVariable::build);
    }
  }

  @Example
  void aCapabilityHasTheNameThatTheKernelGivesIt() {
    refuses(
        () ->
            AnchorProcess.builder(List.of("/a"))
                .capabilities(new TreeSet<>(List.of("KILL")))
                .build());
    TreeSet<String> names = new TreeSet<>(List.of("CAP_KILL"));
    AnchorProcess process = AnchorProcess.builder(List.of("/a")).capabilities(names).build();
    names.add("CAP_SYS_ADMIN");
    assertEquals(List.of("CAP_KILL"), List.copyOf(process.capabilities().orElseThrow()));
  }

  @Property
  void aSeedIsNotChangedByItsBuilderOrItsInputs(@ForAll byte[] content) {
    byte[] mine = content.clone();
    List<String> args = new ArrayList<>(List.of("/a"));
    AnchorProcess process = AnchorProcess.builder(args).build();
    Seed.Builder builder =
        Seed.builder(Base.TASK, true, process).file(new SeedFile("/f", mine, 0644));
    Seed seed = builder.build();
    builder.annotation("later", "x").mount(new Mount(new Source.Tmpfs(1), "/m", true));
    args.set(0, "/b");
    for (int i = 0; i < mine.length; i++) {
      mine[i]++;
      seed.files().get(0).content()[i]++;
    }
    assertEquals(
        Seed.builder(Base.TASK, true, PROCESS).file(new SeedFile("/f", content, 0644)).build(),
        seed);
    assertThrows(UnsupportedOperationException.class, () -> seed.annotations().put("a", "b"));
    assertThrows(UnsupportedOperationException.class, () -> seed.mounts().clear());
    assertThrows(UnsupportedOperationException.class, () -> seed.process().args().add("x"));
  }

  @Example
  void eachPartOfASeedCountsForItsEquality() {
    List<Seed> seeds =
        List.of(
            Seed.builder(Base.TASK, true, PROCESS).build(),
            Seed.builder(Base.HOST, true, PROCESS).build(),
            Seed.builder(Base.TASK, false, PROCESS).build(),
            Seed.builder(Base.TASK, true, AnchorProcess.builder(List.of("/b")).build()).build(),
            Seed.builder(Base.TASK, true, PROCESS)
                .mount(new Mount(new Source.Tmpfs(1), "/m", true))
                .build(),
            Seed.builder(Base.TASK, true, PROCESS).file(new SeedFile("/f", new byte[0], 0)).build(),
            Seed.builder(Base.TASK, true, PROCESS).tax(new AnchorTax(List.of(), 1)).build(),
            Seed.builder(Base.TASK, true, PROCESS).memory(Pool.HYPERVISOR).build(),
            Seed.builder(Base.TASK, true, PROCESS)
                .stop(StopPlan.signal("SIGINT", Duration.ZERO))
                .build(),
            Seed.builder(Base.TASK, true, PROCESS).annotation("a", "b").build(),
            Seed.builder(Base.TASK, true, PROCESS)
                .mount(new Mount(new Source.OfVolume("a", View.FILE), "/m", true))
                .build(),
            Seed.builder(Base.TASK, true, PROCESS)
                .mount(new Mount(new Source.OfVolume("a", View.BLOCK), "/m", true))
                .build(),
            Seed.builder(Base.TASK, true, PROCESS).attachment(TAP).build(),
            Seed.builder(Base.TASK, true, PROCESS).console(List.of("/c")).build(),
            Seed.builder(Base.TASK, true, PROCESS).cleanup(List.of("/c")).build(),
            Seed.builder(Base.TASK, true, PROCESS).cleanup(List.of("/c", "")).build(),
            Seed.builder(Base.TASK, true, PROCESS)
                .attachment(new Attachment("eth0", "tap0", 0, Join.REDIRECT))
                .build(),
            Seed.builder(Base.TASK, true, PROCESS)
                .attachment(new Attachment("eth0", "tap0", 0, Join.REDIRECT, Form.BRIDGE))
                .build(),
            Seed.builder(Base.TASK, true, PROCESS).oci("{}").build());
    assertEquals(seeds.size(), seeds.stream().distinct().count());
  }

  @Example
  void twoThingsCannotHaveOneTarget() {
    refuses(
        () ->
            Seed.builder(Base.TASK, true, PROCESS)
                .mount(new Mount(new Source.Tmpfs(1), "/x", true))
                .file(new SeedFile("/x", new byte[0], 0))
                .build());
  }

  @Example
  void anInterfaceHasOneTapAndATapOneInterface() {
    Attachment other = new Attachment("eth1", "tap1", 0, Join.REDIRECT);
    Seed seed = Seed.builder(Base.TASK, true, PROCESS).attachment(TAP).attachment(other).build();
    assertEquals(List.of(TAP, other), seed.attachments());
    for (Attachment second :
        List.of(
            TAP,
            new Attachment("eth0", "tap1", 0, Join.BRIDGE),
            new Attachment("eth1", "tap0", 0, Join.BRIDGE),
            new Attachment("tap0", "tap1", 0, Join.BRIDGE))) {
      refuses(
          () -> Seed.builder(Base.TASK, true, PROCESS).attachment(TAP).attachment(second).build());
    }
    for (String name : List.of("", "lo", "eth0", "a b", "a/b", "-a", "tap0123456789abc", "ä")) {
      refuses(() -> new Attachment("eth0", name, 0, Join.BRIDGE));
    }
    refuses(() -> new Attachment(" ", "tap0", 0, Join.BRIDGE));
    refuses(() -> new Attachment("eth0", "tap0", -1, Join.BRIDGE));
  }

  @Example
  void aConsoleAndACleanupHaveAProgram() {
    Seed none = Seed.builder(Base.TASK, true, PROCESS).build();
    assertEquals(Optional.empty(), none.cleanup());
    List<String> args = List.of("/clear", "", "ä\n");
    Seed seed = Seed.builder(Base.TASK, true, PROCESS).cleanup(args).build();
    assertEquals(Optional.of(args), seed.cleanup());
    for (List<String> bad :
        List.of(List.<String>of(), List.of(""), List.of("", "x"), List.of("/x", "a\0b"))) {
      refuses(() -> Seed.builder(Base.TASK, true, PROCESS).cleanup(bad).build());
      refuses(() -> Seed.builder(Base.TASK, true, PROCESS).console(bad).build());
    }
  }

  @Example
  void aBridgeForGuestsHasNoOwner() {
    assertEquals(Form.TAP, TAP.form());
    assertEquals(Form.BRIDGE, new Attachment("eth0", "guest0", 0, Join.BRIDGE, Form.BRIDGE).form());
    refuses(() -> new Attachment("eth0", "guest0", 1000, Join.BRIDGE, Form.BRIDGE));
  }

  @Example
  void aSeedTakesADeviceOnce() {
    List<DeviceRequest> devices =
        List.of(
            new DeviceRequest.Node("/dev/net/tun", "rw"),
            new DeviceRequest.Cdi("vendor.com/gpu=0"),
            new DeviceRequest.Pci("0000:03:00.0"),
            new DeviceRequest.Usb("1-2.4"),
            new DeviceRequest.Nic("eth1"));
    Seed.Builder seed = Seed.builder(Base.TASK, true, PROCESS);
    devices.forEach(seed::device);
    assertEquals(devices, seed.build().devices());
    assertNotEquals(Seed.builder(Base.TASK, true, PROCESS).build(), seed.build());
    seed.device(new DeviceRequest.Node("/dev/net/tun", "r"));
    refuses(seed::build);
  }

  @Example
  void jarsLieInTheRootAndClassesHaveNames() {
    for (String path : List.of("", "/app.jar", "../app.jar", "a/../../b.jar", "..")) {
      refuses(() -> new FactQuery.JarFile(Optional.of(path), Optional.empty()));
    }
    for (String name : List.of("", "a/B", "a..B", ".B", "a.", "a b", "[I", "L;", "x".repeat(501))) {
      refuses(() -> new FactQuery.JarFile(Optional.empty(), Optional.of(name)));
    }
    assertEquals(
        "org.example.Größe$1",
        new FactQuery.JarFile(Optional.of("lib/app.jar"), Optional.of("org.example.Größe$1"))
            .mainClass()
            .orElseThrow());
  }

  @Example
  void devicesAreNamedInOneSpelling() {
    for (String path :
        List.of("/dev", "/dev/", "/dev/a/", "/dev//a", "/dev/../a", "/dev/./a", "a")) {
      refuses(() -> new DeviceRequest.Node(path, "rw"));
      refuses(() -> new FactQuery.HostDevice(path));
    }
    for (String access : List.of("", "wr", "rx", "rr")) {
      refuses(() -> new DeviceRequest.Node("/dev/a", access));
    }
    for (String address : List.of("03:00.0", "0000:03:00.8", "0000:03:20.0", "0000:0A:00.0")) {
      refuses(() -> new DeviceRequest.Pci(address));
      refuses(() -> new FactQuery.PciDevice(address));
    }
    for (String id : List.of("1", "0-1", "1-", "1-2.", "../1-2", "usb1")) {
      refuses(() -> new DeviceRequest.Usb(id));
      refuses(() -> new FactQuery.UsbDevice(id));
    }
    for (String name : List.of("", "a b", "a/b", "a:b", "..", "x".repeat(16))) {
      refuses(() -> new DeviceRequest.Nic(name));
    }
    for (String name : List.of("gpu=0", "vendor.com/gpu", "vendor.com/a/b=0", "vendor.com/gpu=")) {
      refuses(() -> new DeviceRequest.Cdi(name));
    }
  }

  @Example
  void sizesAndModesAreBounded() {
    refuses(() -> new SeedFile("/f", new byte[SeedFile.MAX_BYTES + 1], 0));
    refuses(() -> new SeedFile("/f", new byte[0], 01000));
    refuses(() -> new SeedFile("/f", new byte[0], -1));
    refuses(() -> new Source.Tmpfs(0));
    assertEquals(
        SeedFile.MAX_BYTES,
        new SeedFile("/f", new byte[SeedFile.MAX_BYTES], 0777).content().length);
  }

  @Example
  void theContentOfAFileIsNotPrinted() {
    SeedFile file = new SeedFile("/f", "hush".getBytes(java.nio.charset.StandardCharsets.UTF_8), 0);
    assertFalse(file.toString().contains("hush"));
    AnchorProcess process =
        AnchorProcess.builder(List.of("/a", "--password=hush")).env(List.of("P=hush")).build();
    assertFalse(Seed.builder(Base.TASK, true, process).build().toString().contains("hush"));
  }

  @Property
  void theTaxOfAPoolIsTheSumOfItsParts(
      @ForAll List<@LongRange(min = 0, max = 1L << 53) Long> bytes) {
    Assume.that(bytes.size() <= AnchorTax.MAX_PARTS);
    List<AnchorTax.Part> parts = new ArrayList<>();
    for (int i = 0; i < bytes.size(); i++) {
      Pool pool = i % 2 == 0 ? Pool.CGROUP : Pool.HYPERVISOR;
      parts.add(new AnchorTax.Part("part" + i, pool, bytes.get(i), ""));
    }
    AnchorTax tax = new AnchorTax(parts, 0);
    assertEquals(
        bytes.stream().mapToLong(Long::longValue).sum(),
        tax.bytes(Pool.CGROUP) + tax.bytes(Pool.HYPERVISOR));
    assertTrue(tax.bytes(Pool.CGROUP) >= 0);
  }

  @Example
  void aTaxIsRefusedIfItIsNegativeOrNamesAPartTwice() {
    refuses(() -> new AnchorTax.Part("a", Pool.CGROUP, -1, ""));
    refuses(() -> new AnchorTax.Part("a", Pool.CGROUP, (1L << 53) + 1, ""));
    refuses(() -> new AnchorTax.Part(" ", Pool.CGROUP, 1, ""));
    refuses(() -> new AnchorTax(List.of(), -1));
    AnchorTax.Part part = new AnchorTax.Part("a", Pool.CGROUP, 1, "");
    refuses(() -> new AnchorTax(List.of(part, part), 0));
    refuses(() -> new AnchorTax(Collections.nCopies(AnchorTax.MAX_PARTS + 1, part), 0));
  }

  @Example
  void howATaxIsMeasuredIsStatedOrLeftOpen() {
    assertEquals(Optional.empty(), AnchorTax.NONE.measurement());
    Measurement ram = new Measurement.AllBut("/memfd:guest-ram");
    assertEquals(Optional.of(ram), AnchorTax.NONE.measured(ram).measurement());
    refuses(() -> new Measurement.AllBut(""));
    refuses(() -> new Measurement.AllBut(" /memfd:guest-ram"));
    refuses(() -> new Measurement.AllBut("a\nb"));
    refuses(() -> new Measurement.AllBut("a".repeat(Measurement.AllBut.MAX_LENGTH + 1)));
  }

  @Example
  void aHypervisorHasANameAndItsOwnCapabilities() {
    refuses(() -> new Hypervisor(" ", "1", new TreeSet<>()));
    SortedSet<String> capabilities = new TreeSet<>(List.of("pv", "hap"));
    Hypervisor hypervisor = new Hypervisor("xen", "4.17.7", capabilities);
    capabilities.clear();
    assertEquals(List.of("hap", "pv"), List.copyOf(hypervisor.capabilities()));
    assertThrows(UnsupportedOperationException.class, () -> hypervisor.capabilities().clear());
  }

  @Property
  void theGroupsOfAUserAreSortedAndDistinct(
      @ForAll List<@IntRange(max = Integer.MAX_VALUE) Integer> groups) {
    assertEquals(List.copyOf(new TreeSet<>(groups)), new User(0, 0, groups).additionalGids());
    refuses(() -> new User(-1, 0, groups));
    refuses(() -> new User(0, -1, groups));
    List<Integer> withNegative = new ArrayList<>(groups);
    withNegative.add(-1);
    refuses(() -> new User(0, 0, withNegative));
  }

  @Property
  void copiesAreSortedDetachedAndFixed(@ForAll Map<String, String> entries) {
    SortedMap<String, String> copy = SortedCopies.mapOf(entries);
    assertEquals(new TreeMap<>(entries), copy);
    assertEquals(List.copyOf(new TreeSet<>(entries.keySet())), List.copyOf(copy.keySet()));
    assertThrows(UnsupportedOperationException.class, () -> copy.put("a", "b"));
    assertThrows(
        UnsupportedOperationException.class, () -> SortedCopies.setOf(copy.keySet()).add("a"));
  }

  @Example
  void stopStepsAreChecked() {
    for (String name : List.of("TERM", "SIG", "sigterm", "SIGTERM;reboot", "15", "SIGRTMIN+")) {
      refuses(() -> new StopStep.Signal(name, Duration.ZERO));
    }
    refuses(() -> new StopStep.Signal("SIGTERM", Duration.ofMillis(-1)));
    refuses(() -> new StopStep.Exec(List.of(), Duration.ZERO));
    refuses(() -> new StopStep.Exec(List.of("", "a"), Duration.ZERO));
    refuses(() -> new StopStep.Exec(List.of("a", "\0"), Duration.ZERO));
    refuses(() -> new StopStep.Exec(List.of("a"), Duration.ofDays(366)));
    StopPlan plan =
        new StopPlan(
            List.of(
                new StopStep.Signal("SIGTERM", Duration.ofSeconds(2)),
                new StopStep.Signal("SIGRTMIN+3", Duration.ofSeconds(3))));
    assertEquals(Duration.ofSeconds(5), plan.total());
    assertEquals(Duration.ZERO, new StopPlan(List.of()).total());
  }

  @Example
  void anExecutorSaysItsNameAndOptionsProperly() {
    for (String name : List.of("", "Native", "a_b", "-a", "a--b", "a".repeat(64), "a.b")) {
      refuses(() -> ExecutorInfo.builder(name, "").build());
    }
    Option option = Option.optional("size", Option.Type.SIZE, "");
    refuses(() -> ExecutorInfo.builder("a", "").option(option).option(option).build());
    Option platform = Option.optional("platform", Option.Type.PLATFORM, "");
    Option other = Option.required("other", Option.Type.PLATFORM, "");
    refuses(() -> ExecutorInfo.builder("a", "").option(platform).option(other).build());
    refuses(() -> Option.optional(" ", Option.Type.SIZE, ""));
    refuses(() -> Option.required("a.b", Option.Type.SIZE, ""));
    ExecutorInfo info = ExecutorInfo.builder("a", "").root(Root.Kind.HOST).option(option).build();
    assertThrows(UnsupportedOperationException.class, () -> info.rootKinds().clear());
    assertThrows(UnsupportedOperationException.class, () -> info.options().clear());
  }

  @Property
  void aFactKeepsItsOwnValues(@ForAll Map<String, String> values) {
    FactQuery query = new FactQuery.JsonFile("a");
    Fact fact = Fact.present(query, values);
    assertEquals(values, fact.values());
    assertThrows(UnsupportedOperationException.class, () -> fact.values().put("a", "b"));
    assertFalse(Fact.absent(query).present());
    assertTrue(Fact.absent(query).values().isEmpty());
  }

  @Example
  void theVersionOfTheSpiIsASemanticVersion() {
    assertTrue(Executor.SPI_VERSION.matches("[0-9]+\\.[0-9]+\\.[0-9]+"));
  }

  @Example
  void whatAVendorLeavesNullIsFoundWhereItIsLeftNull() {
    List<Runnable> constructions =
        List.of(
            () -> new Mount(absent(), "/m", true),
            () -> new Source.OfVolume(absent(), View.FILE),
            () -> new Source.OfNamespace(absent()),
            () -> new Source.OfVolume("a", absent()),
            () -> new Attachment("eth0", "tap0", 0, absent()),
            () -> new Attachment("eth0", "tap0", 0, Join.BRIDGE, absent()),
            () -> Seed.builder(Base.TASK, true, PROCESS).attachment(absent()).build(),
            () -> new AnchorTax.Part("a", absent(), 1, ""),
            () -> new AnchorTax.Part("a", Pool.CGROUP, 1, absent()),
            () -> new StopStep.Signal("SIGTERM", absent()),
            () -> new User(0, 0, absent()),
            () -> new SeedException(absent(), "", ""),
            () -> new SeedException("A", absent(), ""),
            () -> new SeedException("A", "", absent()),
            () -> AnchorProcess.builder(List.of("/a")).user(absent()).build(),
            () -> Seed.builder(absent(), true, PROCESS).build(),
            () -> Seed.builder(Base.TASK, true, absent()).build(),
            () -> Seed.builder(Base.TASK, true, PROCESS).tax(absent()).build(),
            () -> Seed.builder(Base.TASK, true, PROCESS).memory(absent()).build(),
            () -> new Hypervisor("xen", absent(), new TreeSet<>()),
            () -> Seed.builder(Base.TASK, true, PROCESS).stop(absent()).build(),
            () -> Seed.builder(Base.TASK, true, PROCESS).mount(absent()).build(),
            () -> Seed.builder(Base.TASK, true, PROCESS).annotation("a", absent()).build(),
            () -> ExecutorInfo.builder("a", absent()).build(),
            () -> Option.optional("a", absent(), ""),
            () -> Option.optional("a", Option.Type.SIZE, absent()));
    for (Runnable construction : constructions) {
      assertThrows(
          NullPointerException.class,
          construction::run,
          () -> "construction " + constructions.indexOf(construction));
    }
  }

  /** What a class that knows nothing of nullness might pass. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T absent() {
    return null;
  }
}
