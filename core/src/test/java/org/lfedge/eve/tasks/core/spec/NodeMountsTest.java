package org.lfedge.eve.tasks.core.spec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.core.policy.Withheld;
import org.lfedge.eve.tasks.core.port.Origin;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Namespace;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** What a seed mounts of the node itself: namespaces, and directories with devices. */
class NodeMountsTest {

  private static final Path PIN = Path.of("/run/netns/~net");
  private static final SpecInputs INPUTS =
      new SpecInputs(
          "web",
          new UUID(1, 2),
          64 << 20,
          1500,
          "/tasks/web",
          Path.of("/run/netns/web"),
          List.of(),
          Optional.empty(),
          Path.of("/usr/lib/init"),
          "amd64",
          false,
          "test",
          Optional.empty(),
          new TreeMap<>(),
          new TreeMap<>(),
          Optional.empty(),
          DeviceInputs.NONE,
          new OwnDirectories(
              new TreeMap<>(), Optional.empty(), new TreeMap<>(Map.of(Namespace.NETWORK, PIN))),
          Optional.empty());

  private static Grants grants(List<Namespace> namespaces, String... devices) {
    return new Grants(
        Origin.TRUSTED_DIGEST,
        Grants.USUAL_CAPABILITIES,
        SortedCopies.setOf(namespaces),
        SortedCopies.setOf(List.of("/dev/pts", "/srv")),
        SortedCopies.setOf(List.of(devices)),
        false);
  }

  private static AssembledSpec assemble(Source source, String target, Grants grants) {
    Seed seed =
        Seed.builder(Base.TASK, true, AnchorProcess.builder(List.of("/bin/server")).build())
            .mount(new Mount(source, target, false))
            .build();
    return SpecAssembly.assemble(seed, INPUTS, grants);
  }

  private static List<String> mount(AssembledSpec spec, String target) {
    return spec.spec().mounts().stream()
        .filter(mount -> target.equals(mount.destination()))
        .map(mount -> mount.source() + " " + String.join(",", mount.options()))
        .toList();
  }

  private static List<String> withheld(AssembledSpec spec) {
    return spec.withheld().stream().map(Withheld::toString).toList();
  }

  @Test
  void aNamespaceOfTheNodeIsMountedReadOnlyWhereItIsGranted() {
    Source source = new Source.OfNamespace(Namespace.NETWORK);
    AssembledSpec granted =
        assemble(source, "/run/node/net", grants(List.of(Namespace.NETWORK, Namespace.IPC)));
    assertEquals(List.of(), withheld(granted));
    assertEquals(List.of(PIN + " bind,rprivate,nosuid,nodev,ro"), mount(granted, "/run/node/net"));
    assertEquals(
        6, granted.spec().linux().namespaces().size(), "the task has its own all the same");

    AssembledSpec refused = assemble(source, "/run/node/net", grants(List.of(Namespace.IPC)));
    assertEquals(List.of(), mount(refused, "/run/node/net"));
    assertEquals(
        List.of(
            "Withheld[what=mount /run/node/net of the node's namespace NETWORK, why=executors of"
                + " this origin are not granted it; the node's config could, under"
                + " policy.grants.trusted.namespaces]"),
        withheld(refused));
  }

  @Test
  void devicesInADirectoryOfTheNodeCanBeOpenedIfAllOfThemAreGranted() {
    Source source = new Source.OfHost("/dev/pts/");
    for (String all : List.of("/dev/pts/*", "/dev/*/*", "/dev/p*/**")) {
      assertEquals(
          List.of("/dev/pts bind,rprivate,nosuid,noexec,rw"),
          mount(assemble(source, "/run/node/pts", grants(List.of(), all)), "/run/node/pts"),
          all);
    }
    for (String fewer : List.of("/dev/pts/1*", "/dev/pts/*1", "/dev/*", "/dev/pts", "/dev/pt/*")) {
      assertEquals(
          List.of("/dev/pts bind,rprivate,nosuid,nodev,rw"),
          mount(assemble(source, "/run/node/pts", grants(List.of(), fewer)), "/run/node/pts"),
          fewer);
    }
    // The path is granted by itself.
    AssembledSpec refused =
        assemble(new Source.OfHost("/dev/snd"), "/run/node/snd", grants(List.of(), "/dev/snd/*"));
    assertEquals(List.of(), mount(refused, "/run/node/snd"));
    assertEquals(
        List.of("/srv bind,rprivate,nosuid,nodev,rw"),
        mount(assemble(new Source.OfHost("/srv"), "/x", grants(List.of(), "/dev/*")), "/x"));
  }
}
