package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.assertRefused;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.names;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.read;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.readOnly;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.run;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.volume;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.write;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.jar.TestJar;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.task.View;

/** Directories and files of the node as volumes, with real mounts. */
class HostVolumesIT {

  private final VolumeFixture node = new VolumeFixture();
  private final NodeVolumes volumes = node.volumes();

  @AfterEach
  void leaveNothing() {
    node.close();
  }

  private Path prepare(VolumeConfig volume, View view) {
    volumes.prepare("web", volume, view);
    return volumes.path("web", volume.name());
  }

  private Path directory(Path source) {
    return prepare(volume("data", new Source.HostPath(source.toString())), View.FILESYSTEM);
  }

  @Test
  void aDirectoryIsSharedWithTheNodeInBothDirections() throws IOException {
    Path source = Files.createDirectory(node.allowed().resolve("a b"));
    write(source.resolve("file"), "node");
    Path data = directory(source);
    assertEquals("node", read(data.resolve("file")));
    write(data.resolve("new"), "task");
    assertEquals("task", read(source.resolve("new")));
    volumes.release("web");
    assertEquals(List.of("file", "new"), names(source));
  }

  @Test
  void aFileIsMountedAsAFile() throws IOException {
    Path source = node.allowed().resolve("file");
    write(source, "one");
    VolumeConfig config = readOnly("file", new Source.HostPath(source.toString()));
    assertEquals(Set.of(View.FILE), volumes.views(config));
    Path file = prepare(config, View.FILE);
    assertEquals("one", read(file));
    assertThrows(FileSystemException.class, () -> Files.writeString(file, "two"));
    volumes.release("web");
    assertEquals("one", read(source));
  }

  @Test
  void jarsAndOtherFilesAreHandedOnAsTheyAre() {
    Path source = node.allowed().resolve("app.jar");
    write(source, "PK");
    VolumeConfig config = volume("app", new Source.DiskFile(source.toString(), Format.JAR));
    assertEquals(Set.of(View.FILE), volumes.views(config));
    assertEquals("PK", read(prepare(config, View.FILE)));
    assertRefused("VIEW_NOT_SUPPORTED", () -> prepare(config, View.FILESYSTEM));
  }

  private Fact ask(VolumeConfig config, Optional<String> path) {
    return volumes.jar("web", config, new FactQuery.JarFile(path, Optional.empty()));
  }

  @Test
  void aJarIsAskedWhatItIs() throws IOException {
    List<String> before = node.mounts();
    Path source = node.allowed().resolve("app.jar");
    Files.write(source, new TestJar().manifest("Main-Class: a.B\n").bytes());
    VolumeConfig file = volume("app", new Source.DiskFile(source.toString(), Format.JAR));
    assertEquals(Optional.of("a.B"), ask(file, Optional.empty()).value("mainClass"));
    VolumeConfig directory = volume("app", new Source.HostPath(node.allowed().toString()));
    assertEquals(Optional.of("a.B"), ask(directory, Optional.of("app.jar")).value("mainClass"));
    assertEquals(before, node.mounts());
    assertFalse(ask(directory, Optional.of("other.jar")).present());
    write(node.allowed().resolve("text.jar"), "text");
    assertRefused("NOT_A_JAR", () -> ask(directory, Optional.of("text.jar")));
    assertEquals(before, node.mounts());
  }

  @Test
  void aJarIsLookedForWhereItsTaskMayBe() throws IOException {
    Path outside = node.forbidden().resolve("app.jar");
    Files.write(outside, new TestJar().manifest("Main-Class: a.B\n").bytes());
    Path inside = Files.createDirectory(node.allowed().resolve("inside"));
    Files.createSymbolicLink(inside.resolve("link.jar"), outside);
    Files.createSymbolicLink(inside.resolve("up.jar"), Path.of("../app.jar"));
    Files.copy(outside, node.allowed().resolve("app.jar"));
    VolumeConfig directory = volume("app", new Source.HostPath(inside.toString()));
    assertFalse(ask(directory, Optional.of("link.jar")).present());
    assertFalse(ask(directory, Optional.of("up.jar")).present());
    VolumeConfig link =
        volume("app", new Source.DiskFile(inside.resolve("link.jar").toString(), Format.JAR));
    assertRefused("SOURCE_NOT_ALLOWED", () -> ask(link, Optional.empty()));
  }

  @Test
  void aDirectoryForReadingCannotBeWrittenToNorWhatIsMountedBelowIt() throws IOException {
    Path below = Files.createDirectory(node.allowed().resolve("below"));
    run("mount", "-t", "tmpfs", "tmpfs", below.toString());
    try {
      VolumeConfig config =
          volume("data", new Source.HostPath(node.allowed().toString()), true, Propagation.SLAVE);
      Path data = prepare(config, View.FILESYSTEM);
      write(below.resolve("file"), "node");
      assertEquals("node", read(data.resolve("below/file")));
      assertThrows(FileSystemException.class, () -> Files.createFile(data.resolve("x")));
      assertThrows(FileSystemException.class, () -> Files.createFile(data.resolve("below/x")));
      volumes.release("web");
    } finally {
      run("umount", below.toString());
    }
  }

  @Test
  void whatIsMountedLaterShowsUpOnlyWhereThatIsAskedFor() throws IOException {
    Path peers = Files.createDirectory(node.allowed().resolve("peers"));
    run("mount", "--bind", peers.toString(), peers.toString());
    run("mount", "--make-shared", peers.toString());
    Path later = Files.createDirectory(peers.resolve("later"));
    try {
      Source source = new Source.HostPath(peers.toString());
      Path slave = prepare(volume("slave", source, false, Propagation.SLAVE), View.FILESYSTEM);
      Path alone = prepare(volume("alone", source), View.FILESYSTEM);
      run("mount", "-t", "tmpfs", "tmpfs", later.toString());
      write(later.resolve("file"), "node");
      assertEquals("node", read(slave.resolve("later/file")));
      assertEquals(List.of(), names(alone.resolve("later")));
      run("mount", "-t", "tmpfs", "tmpfs", alone.resolve("later").toString());
      assertEquals(List.of("file"), names(later));
      volumes.release("web");
      assertEquals(List.of("file"), names(later));
    } finally {
      run("umount", "--recursive", peers.toString());
    }
  }

  @Test
  void whatTheNodeForbidsStaysForbidden() throws IOException {
    Path own = Files.createDirectory(node.allowed().resolve("own"));
    run("mount", "-t", "tmpfs", "-o", "noexec,noatime", "tmpfs", own.toString());
    run("mount", "-o", "remount,bind,ro,noexec,noatime", own.toString());
    try {
      Path data = directory(own);
      assertThrows(FileSystemException.class, () -> Files.createFile(data.resolve("x")));
      String line =
          node.mounts().stream().filter(one -> one.contains(" " + data + " ")).findFirst().get();
      assertTrue(line.contains("ro,nosuid,nodev,noexec,noatime"), line);
      volumes.release("web");
    } finally {
      run("umount", own.toString());
    }
  }

  @Test
  void whatIsOutsideIsRefusedHoweverItIsNamed() throws IOException {
    write(node.forbidden().resolve("secret"), "secret");
    assertRefused("SOURCE_NOT_ALLOWED", () -> directory(node.forbidden()));
    assertRefused("SOURCE_NOT_ALLOWED", () -> directory(Path.of(node.allowed() + "/../etc")));
    Path link = node.allowed().resolve("link");
    Files.createSymbolicLink(link, node.forbidden());
    assertRefused("SOURCE_NOT_ALLOWED", () -> directory(link));
    assertRefused("SOURCE_NOT_ALLOWED", () -> directory(Path.of("/proc/self/root")));
    Path proc = node.allowed().resolve("proc");
    Files.createSymbolicLink(proc, Path.of("/proc/self/cwd"));
    assertRefused("SOURCE_NOT_ALLOWED", () -> directory(proc));
    assertNothingIsLeft();
  }

  @Test
  void aLinkThatStaysInsideIsFollowed() throws IOException {
    Files.createDirectory(node.allowed().resolve("v2"));
    write(node.allowed().resolve("v2/file"), "2");
    Path link = node.allowed().resolve("current");
    Files.createSymbolicLink(link, Path.of("v2"));
    assertEquals("2", read(directory(link).resolve("file")));
  }

  @Test
  void theDaemonsOwnDirectoriesAreRefusedWhateverIsAllowed() {
    try (VolumeFixture other = new VolumeFixture()) {
      NodeVolumes open =
          new NodeVolumes(
              new NodeVolumes.Layout(
                  other.state(),
                  other.runtime(),
                  other.state().resolve("names"),
                  other.fetched(),
                  List.of("/"),
                  Path.of("/usr/bin/qemu-img")),
              other.tools(),
              java.time.InstantSource.system());
      for (Path path : List.of(other.state(), other.runtime().resolve("volumes"), Path.of("/"))) {
        assertRefused(
            "SOURCE_NOT_ALLOWED",
            () ->
                open.prepare(
                    "web", volume("data", new Source.HostPath(path.toString())), View.FILESYSTEM));
      }
      open.prepare(
          "web", volume("data", new Source.HostPath(other.allowed().toString())), View.FILESYSTEM);
    }
  }

  @Test
  void whatIsNotThereOrNoDirectoryNorFileIsRefused() {
    assertRefused("SOURCE_NOT_FOUND", () -> directory(node.allowed().resolve("no")));
    Path pipe = node.allowed().resolve("pipe");
    run("mkfifo", pipe.toString());
    assertRefused("SOURCE_NOT_SUPPORTED", () -> directory(pipe));
    Path device = node.allowed().resolve("device");
    run("mknod", device.toString(), "c", "1", "3");
    assertRefused("SOURCE_NOT_SUPPORTED", () -> directory(device));
    assertNothingIsLeft();
  }

  private void assertNothingIsLeft() {
    assertEquals(1, node.mounts().size(), node.mounts().toString());
    assertEquals(List.of(), volumes.tasks());
    Path staged = node.runtime().resolve("volumes/.staged");
    assertEquals(List.of(), Files.exists(staged) ? names(staged) : List.of());
  }

  @Test
  void whoeverSwapsALinkNeverGetsAForbiddenDirectoryMounted() throws Exception {
    Path good = Files.createDirectory(node.allowed().resolve("good"));
    write(good.resolve("content"), "good");
    write(node.forbidden().resolve("content"), "forbidden");
    Path link = node.allowed().resolve("link");
    Files.createSymbolicLink(link, good);
    AtomicBoolean done = new AtomicBoolean();
    Thread swapper = new Thread(() -> swap(link, List.of(node.forbidden(), good), done));
    swapper.start();
    Set<String> refusals = new TreeSet<>();
    int mounted = 0;
    int refused = 0;
    try {
      for (int i = 0; i < 300; i++) {
        try {
          assertEquals("good", read(directory(link).resolve("content")));
          mounted++;
          volumes.release("web");
        } catch (TaskException e) {
          refused++;
          refusals.add(e.first().code());
        }
      }
    } finally {
      done.set(true);
      swapper.join();
    }
    assertEquals(Set.of("SOURCE_NOT_ALLOWED"), refusals);
    assertTrue(mounted > 10 && refused > 10, mounted + " mounted, " + refused + " refused");
    assertNothingIsLeft();
    assertFalse(Files.exists(node.runtime().resolve("volumes/web")));
  }

  private static void swap(Path link, List<Path> targets, AtomicBoolean done) {
    Path next = link.resolveSibling("next");
    try {
      for (int i = 0; !done.get(); i++) {
        Files.createSymbolicLink(next, targets.get(i % targets.size()));
        Files.move(next, link, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
