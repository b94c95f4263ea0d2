package org.lfedge.eve.tasks.spi.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.NetworkInterface;
import org.lfedge.eve.tasks.spi.task.Options;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.Volume;

class SampleRequestsTest {

  private static final ExecutorInfo INFO =
      ExecutorInfo.builder("any", "")
          .option(Option.required("text", Option.Type.STRING, ""))
          .option(Option.required("number", Option.Type.INTEGER, ""))
          .option(Option.required("bytes", Option.Type.SIZE, ""))
          .option(Option.required("flag", Option.Type.BOOLEAN, ""))
          .option(Option.required("time", Option.Type.DURATION, ""))
          .option(Option.required("texts", Option.Type.STRING_LIST, ""))
          .option(Option.required("platform", Option.Type.PLATFORM, ""))
          .option(Option.oneOf("choice", "", List.of("red", "green")))
          .build();

  private static final FactQuery QUERY = new FactQuery.JsonFile("config.json");

  @Property
  void equalSeedsGiveEqualRequestsAndEqualFacts(@ForAll Root.Kind kind, @ForAll long seed) {
    SeedRequest request = SampleRequests.of(INFO, kind, seed);
    SeedRequest again = SampleRequests.of(INFO, kind, seed);
    assertEquals(request, again);
    assertEquals(request.fact(QUERY), again.fact(QUERY));
  }

  @Property
  void aRequestIsWhatTheInterfacesPromise(@ForAll Root.Kind kind, @ForAll long seed) {
    SeedRequest request = SampleRequests.of(INFO, kind, seed);
    assertEquals(kind, request.task().root().kind());
    assertEquals(kind == Root.Kind.IMAGE, request.image().isPresent());
    assertTrue(request.task().name().matches("[a-z0-9]+([.-][a-z0-9]+)*"));
    assertTrue(request.task().name().length() <= 63);
    assertTrue(request.task().resources().memoryBytes() >= 1);
    assertTrue(request.task().resources().milliCpus() >= 1);
    assertTrue(request.task().workingDir().stream().allMatch(path -> path.startsWith("/")));
    assertTrue(request.task().command().stream().noneMatch(text -> text.indexOf('\0') >= 0));
    request.task().volumes().forEach(SampleRequestsTest::requireSound);
    assertDistinct(request.task().volumes().stream().map(Volume::name).toList());
    assertDistinct(request.task().volumes().stream().flatMap(v -> v.target().stream()).toList());
    assertDistinct(request.task().interfaces().stream().map(NetworkInterface::name).toList());
    assertDistinct(request.task().interfaces().stream().map(NetworkInterface::mac).toList());
    assertDistinct(request.task().devices().stream().map(DeviceRequest::toString).toList());
    request
        .image()
        .ifPresent(image -> assertTrue(image.env().stream().allMatch(v -> v.indexOf('=') > 0)));
  }

  private static void requireSound(Volume volume) {
    assertFalse(volume.views().isEmpty());
    assertTrue(volume.name().matches("[a-z0-9]+([.-][a-z0-9]+)*"));
    assertTrue(volume.target().stream().allMatch(target -> target.matches("(/[^/]+)+")));
  }

  private static void assertDistinct(List<String> texts) {
    assertEquals(texts.size(), texts.stream().distinct().count(), texts::toString);
  }

  @Property
  void eachDeclaredOptionHasAValueOfItsType(@ForAll long seed) {
    Options options = SampleRequests.of(INFO, Root.Kind.HOST, seed).task().options();
    assertTrue(options.string("text").isPresent());
    assertTrue(options.integer("number").isPresent());
    assertTrue(options.integer("bytes").orElse(-1) >= 0);
    assertTrue(options.bool("flag").isPresent());
    assertTrue(options.duration("time").isPresent());
    assertTrue(options.strings("texts").size() <= 4);
    assertTrue(options.string("platform").stream().allMatch(p -> p.startsWith("linux/")));
    assertTrue(options.string("choice").stream().allMatch(List.of("red", "green")::contains));
    assertThrows(IllegalArgumentException.class, () -> options.string("undeclared"));
    assertThrows(IllegalArgumentException.class, () -> options.bool("text"));
  }

  @Example
  void theShapesThatMatterAllOccur() {
    List<SeedRequest> requests = new ArrayList<>();
    for (int seed = 0; seed < 500; seed++) {
      requests.add(SampleRequests.of(INFO, Root.Kind.IMAGE, seed));
    }
    List<Predicate<SeedRequest>> shapes =
        List.of(
            request -> request.task().command().isEmpty(),
            request -> request.task().command().size() > 1,
            request -> request.task().env().isEmpty(),
            request -> request.task().env().containsKey("PATH"),
            request -> request.task().init(),
            request -> request.task().volumes().isEmpty(),
            request -> request.task().volumes().stream().anyMatch(v -> v.readOnly()),
            request -> request.task().volumes().stream().anyMatch(v -> v.target().isEmpty()),
            request -> request.task().volumes().stream().anyMatch(v -> v.mayBeLeftOut()),
            request -> request.task().interfaces().isEmpty(),
            request -> request.task().interfaces().size() > 1,
            request -> request.task().interfaces().stream().anyMatch(i -> i.addresses().isEmpty()),
            request -> request.task().devices().isEmpty(),
            request -> request.task().devices().size() > 2,
            request ->
                request.task().devices().stream().anyMatch(DeviceRequest.Pci.class::isInstance),
            request -> request.task().root().readOnly(),
            request -> request.user().isEmpty(),
            request -> request.task().options().string("choice").isEmpty(),
            request -> request.image().orElseThrow().entrypoint().isEmpty(),
            request -> request.image().orElseThrow().env().toString().indexOf('\0') >= 0,
            request -> request.image().orElseThrow().labels().size() > 999,
            request -> request.image().orElseThrow().stopSignal().isPresent());
    for (Predicate<SeedRequest> shape : shapes) {
      assertTrue(requests.stream().anyMatch(shape), "shape " + shapes.indexOf(shape));
      assertTrue(requests.stream().anyMatch(shape.negate()), "not shape " + shapes.indexOf(shape));
    }
  }

  @Example
  void factsHaveTheKeysThatTheyPromise() {
    Map<FactQuery, Set<String>> keys =
        Map.of(
            new FactQuery.PciDevice("0000:03:00.0"),
            Set.of("class", "vendor", "device", "driver", "iommuGroup", "iommuDevices", "numaNode"),
            new FactQuery.UsbDevice("1-2"),
            Set.of("vendor", "product", "bus", "device", "node"),
            new FactQuery.HostDevice("/dev/kvm"),
            Set.of("type", "major", "minor"),
            new FactQuery.JarFile(Optional.of("app.jar"), Optional.empty()),
            Set.of(
                "manifest",
                "mainClass",
                "classPath",
                "startClass",
                "automaticModuleName",
                "launcherAgent",
                "multiRelease",
                "classVersion",
                "startClassVersion",
                "module"));
    keys.forEach(
        (query, known) -> {
          Set<String> seen = new TreeSet<>();
          for (int seed = 0; seed < 100; seed++) {
            Fact fact = SampleRequests.of(INFO, Root.Kind.IMAGE, seed).fact(query);
            seen.addAll(fact.present() ? fact.values().keySet() : Set.of("absent"));
          }
          Set<String> expected = new TreeSet<>(known);
          expected.add("absent");
          assertEquals(expected, seen);
        });
  }

  @Example
  void jsonFactsHoldTheTextAndEachScalarUnderItsPointer() {
    boolean absent = false;
    boolean seen = false;
    for (int seed = 0; seed < 200; seed++) {
      Fact fact = SampleRequests.of(INFO, Root.Kind.BUNDLE, seed).fact(QUERY);
      absent |= !fact.present();
      if (fact.value("/annotations/a~1b~0c").isPresent()) {
        seen = true;
        assertTrue(fact.value("").orElseThrow().contains("\"a/b~c\":\"d\""));
      }
    }
    assertTrue(absent && seen);
  }
}
