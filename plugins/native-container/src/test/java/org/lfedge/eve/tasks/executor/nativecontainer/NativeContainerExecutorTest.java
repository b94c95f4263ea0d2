package org.lfedge.eve.tasks.executor.nativecontainer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.executor.nativecontainer.Requests.Image;
import org.lfedge.eve.tasks.executor.nativecontainer.Requests.Request;
import org.lfedge.eve.tasks.executor.nativecontainer.Requests.Storage;
import org.lfedge.eve.tasks.executor.nativecontainer.Requests.Task;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.contract.ExecutorContract;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Measurement;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.User;
import org.lfedge.eve.tasks.spi.task.View;
import org.lfedge.eve.tasks.spi.task.Volume;

class NativeContainerExecutorTest implements ExecutorContract {

  private static final Image NGINX =
      Image.of(List.of("/entry.sh"), List.of("nginx", "-g", "daemon off;"), List.of("PATH=/bin"));

  @Override
  public Executor executor() {
    return new NativeContainerExecutor();
  }

  private static Seed seed(Request request) throws SeedException {
    return new NativeContainerExecutor().seed(request);
  }

  private static String refusal(Request request) {
    SeedException refused = assertThrows(SeedException.class, () -> seed(request));
    return refused.code() + " at " + refused.path();
  }

  @Test
  void itIsFoundAsAService() {
    assertTrue(
        ServiceLoader.load(Executor.class).stream()
            .anyMatch(provider -> provider.type() == NativeContainerExecutor.class));
  }

  @Test
  void anImageRunsItsEntrypointWithItsCommand() throws SeedException {
    Seed seed = seed(NGINX.request());
    assertEquals(List.of("/entry.sh", "nginx", "-g", "daemon off;"), seed.process().args());
    assertEquals(List.of("PATH=/bin"), seed.process().env());
    assertEquals("/srv", seed.process().workingDir());
    assertEquals(User.ROOT, seed.process().user());
    assertEquals(Optional.empty(), seed.process().capabilities());
    assertEquals(StopPlan.signal("SIGTERM", Duration.ofSeconds(30)), seed.stop());
    assertEquals(Base.TASK, seed.base());
    assertEquals(AnchorTax.NONE, seed.tax());
    assertFalse(seed.readOnly());
  }

  @Test
  void theDocumentOverridesTheImage() throws SeedException {
    Request request = NGINX.request();
    User user = new User(33, 33, List.of(4));
    Seed seed =
        seed(request.with(request.task().command("sh", "-c", "x").workingDir("/tmp")).as(user));
    assertEquals(List.of("sh", "-c", "x"), seed.process().args());
    assertEquals("/tmp", seed.process().workingDir());
    assertEquals(user, seed.process().user());
  }

  private static Request with(Volume... volumes) {
    Request request = NGINX.request();
    return request.with(request.task().volumes(volumes));
  }

  @Test
  void volumesAreMountedAsDirectoriesElseAsFiles() throws SeedException {
    Storage readOnly =
        new Storage("r", Optional.of("/r"), true, new TreeSet<>(Set.of(View.FILE, View.ISO9660)));
    Seed seed =
        seed(
            with(
                Storage.at("/data", View.values()),
                readOnly,
                Storage.at("/disk", View.BLOCK, View.FILESYSTEM)));
    assertEquals(
        List.of(
            new Mount(new Source.OfVolume("data", View.FILESYSTEM), "/data", false),
            new Mount(new Source.OfVolume("r", View.FILE), "/r", true),
            new Mount(new Source.OfVolume("disk", View.FILESYSTEM), "/disk", false)),
        seed.mounts());
  }

  @Test
  void devicesArePassedOnButForThoseOfPci() throws SeedException {
    DeviceRequest[] devices = {
      new DeviceRequest.Node("/dev/ttyS0", "r"),
      new DeviceRequest.Cdi("vendor.com/gpu=0"),
      new DeviceRequest.Usb("1-2"),
      new DeviceRequest.Nic("eth1")
    };
    Request request = NGINX.request();
    assertEquals(List.of(devices), seed(request.with(request.task().devices(devices))).devices());
    assertEquals(
        "DEVICE_NOT_USABLE at devices[1].pci",
        refusal(
            request.with(
                request.task().devices(devices[0], new DeviceRequest.Pci("0000:03:00.0")))));
  }

  @Test
  void aVolumeThatAProgramCouldDoNothingWithIsRefused() {
    Storage good = Storage.at("/data", View.FILESYSTEM);
    Storage nowhere =
        new Storage("a", Optional.empty(), false, new TreeSet<>(Set.of(View.FILESYSTEM)));
    assertEquals("VOLUME_WITHOUT_TARGET at volumes[1]", refusal(with(good, nowhere)));
    assertEquals(
        "VOLUME_NOT_MOUNTABLE at volumes[0]", refusal(with(Storage.at("/disk", View.BLOCK))));
    assertEquals(
        "VOLUME_NOT_MOUNTABLE at volumes[1]",
        refusal(with(good, Storage.at("/disk", View.BLOCK, View.ISO9660))));
  }

  @Test
  void dataOfCloudInitAreLeftToTheCore() throws SeedException {
    Storage data = new Storage("c", Optional.empty(), true, new TreeSet<>(Set.of(View.ISO9660)));
    assertEquals(List.of(), seed(with(data)).mounts());
  }

  @Provide
  Arbitrary<Map<String, String>> variables() {
    return Arbitraries.maps(
            Arbitraries.strings().withCharRange('A', 'F').ofMinLength(1).ofMaxLength(2),
            Arbitraries.strings().excludeChars('\0').ofMaxLength(8))
        .ofMaxSize(8);
  }

  @Property
  void aVariableIsOverriddenInPlaceAndNewOnesFollowInOrder(
      @ForAll("variables") Map<String, String> ofImage,
      @ForAll("variables") Map<String, String> ofDocument)
      throws SeedException {
    List<String> imageEnv = new ArrayList<>();
    imageEnv.add("PATH=/bin");
    new TreeMap<>(ofImage).forEach((name, value) -> imageEnv.add(name + "=" + value));
    Request request = Image.of(List.of("/a"), List.of(), imageEnv).request();

    List<String> expected = new ArrayList<>();
    expected.add("PATH=/bin");
    new TreeMap<>(ofImage)
        .forEach((name, value) -> expected.add(name + "=" + ofDocument.getOrDefault(name, value)));
    new TreeMap<>(ofDocument)
        .forEach(
            (name, value) -> {
              if (!ofImage.containsKey(name)) {
                expected.add(name + "=" + value);
              }
            });
    assertEquals(expected, seed(request.with(request.task().env(ofDocument))).process().env());
  }

  @Property
  void argumentsAreKeptExactly(@ForAll List<String> args) throws SeedException {
    List<String> clean = args.stream().map(arg -> arg.replace("\0", "")).toList();
    List<String> all = new ArrayList<>(List.of("/program"));
    all.addAll(clean);
    assertEquals(
        all, seed(Image.of(List.of("/program"), clean, List.of()).request()).process().args());
    Request request = NGINX.request();
    assertEquals(
        all,
        seed(request.with(request.task().command(all.toArray(new String[0])))).process().args());
  }

  @Test
  void aVariableThatTheImageNamesTwiceStandsOnceWithItsLastValue() throws SeedException {
    Image image = Image.of(List.of("/a"), List.of(), List.of("PATH=/x", "A=1", "PATH=/y"));
    assertEquals(List.of("PATH=/y", "A=1"), seed(image.request()).process().env());
  }

  @Test
  void thereIsAlwaysAPath() throws SeedException {
    Image image = Image.of(List.of("/a"), List.of(), List.of("A=1"));
    assertEquals(
        List.of("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "A=1"),
        seed(image.request()).process().env());
    Request request = image.request();
    assertEquals(
        List.of("PATH=/mine", "A=1"),
        seed(request.with(request.task().env(Map.of("PATH", "/mine")))).process().env());
  }

  @Test
  void theStopSignalOfTheImageIsSent() throws SeedException {
    for (String name : List.of("SIGQUIT", "quit", "3")) {
      Seed seed = seed(NGINX.stopSignal(name).request());
      assertEquals(StopPlan.signal("SIGQUIT", Duration.ofSeconds(30)), seed.stop());
    }
    assertEquals("UNKNOWN_STOP_SIGNAL at root", refusal(NGINX.stopSignal("SIGNONSENSE").request()));
  }

  @Test
  void anImageForAnotherPlatformIsRefused() throws SeedException {
    String refused = "WRONG_PLATFORM at root.image";
    assertEquals(refused, refusal(NGINX.platform("linux", "arm64").request()));
    assertEquals(refused, refusal(NGINX.platform("windows", "amd64").request()));
    assertEquals("/srv", seed(NGINX.platform("linux", "386").request()).process().workingDir());
  }

  @Test
  void noLabelCanSteerTheRuntime() throws SeedException {
    Seed seed =
        seed(
            NGINX
                .labels(
                    Map.of(
                        "org.opencontainers.image.title", "Web",
                        "io.containerd.runc.v2.group", "other",
                        "", "nameless"))
                .request());
    assertEquals(
        Map.of(
            "org.opencontainers.image.title", "Web",
            "org.lfedge.eve.tasks.label.io.containerd.runc.v2.group", "other"),
        seed.annotations());
  }

  @Test
  void labelsAreBounded() throws SeedException {
    TreeMap<String, String> labels = new TreeMap<>();
    for (int i = 0; i < 1000; i++) {
      labels.put("label" + i, "x");
    }
    labels.put("a", "x".repeat(1025));
    labels.put("k".repeat(257), "x");
    Seed seed = seed(NGINX.labels(labels).request());
    assertEquals(64, seed.annotations().size());
    assertFalse(seed.annotations().containsKey("org.lfedge.eve.tasks.label.a"));
  }

  @Test
  void initIsPassedOnAndTaxed() throws SeedException {
    Request request = NGINX.request();
    Seed seed = seed(request.with(request.task().withInit()));
    assertTrue(seed.process().init());
    assertEquals(1 << 20, seed.tax().bytes(Pool.CGROUP));
    assertEquals(0, seed.tax().bytes(Pool.HYPERVISOR));
    assertEquals("init", seed.tax().parts().get(0).name());
    assertEquals(Optional.of(new Measurement.OfAnchor()), seed.tax().measurement());
  }

  @Test
  void aRootWithoutAProgramNeedsACommand() throws SeedException {
    String refused = "NO_COMMAND at command";
    assertEquals(refused, refusal(Image.of(List.of(), List.of(), List.of()).request()));
    for (Root root : List.of(new Root.Directory("/srv/rootfs", false), new Root.Host(false))) {
      Request request = Requests.of(root);
      assertEquals(refused, refusal(request));
      Seed seed = seed(request.with(request.task().command("ls")));
      assertEquals(List.of("ls"), seed.process().args());
      assertTrue(seed.process().env().get(0).startsWith("PATH="));
      assertEquals("/", seed.process().workingDir());
    }
  }

  @Test
  void theRootOfTheNodeIsAskedForAndReadOnlyIsKept() throws SeedException {
    Request writable = Requests.of(new Root.Host(false));
    assertEquals(Base.HOST, seed(writable.with(writable.task().command("ls"))).base());
    assertFalse(seed(writable.with(writable.task().command("ls"))).readOnly());
    Request readOnly = Requests.of(new Root.Host(true));
    assertTrue(seed(readOnly.with(readOnly.task().command("ls"))).readOnly());
  }

  @Test
  void whatAnImageCannotMeanIsRefusedAndNamed() {
    String refused = "MALFORMED_PROGRAM at root";
    assertEquals(refused, refusal(Image.of(List.of(""), List.of(), List.of()).request()));
    assertEquals(refused, refusal(Image.of(List.of("a\0b"), List.of(), List.of()).request()));
    assertEquals(refused, refusal(Image.of(List.of("a"), List.of(), List.of("X=\0")).request()));
    assertEquals(refused, refusal(Image.of(List.of("a"), List.of(), List.of("novalue")).request()));
  }

  @Test
  void onlyABundleNeedsAFact() {
    NativeContainerExecutor executor = new NativeContainerExecutor();
    assertEquals(List.of(), executor.facts(Task.of(Requests.IMAGE_ROOT), List.of()));
    assertEquals(
        List.of(BundleProgram.CONFIG),
        executor.facts(Task.of(new Root.Bundle("/b", false)), List.of()));
  }
}
