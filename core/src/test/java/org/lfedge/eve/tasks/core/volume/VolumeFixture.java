package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Propagation;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.host.LockedHelperCommand;
import org.lfedge.eve.tasks.core.port.ImageMounts;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.Sandbox;

/** A node of the test's own with volumes, below a directory; what it has is compared at its end. */
final class VolumeFixture implements AutoCloseable {

  static final long MIB = 1 << 20;

  private final Path directory;
  private final NodeVolumes.Tools tools;
  private NodeVolumes volumes;

  /** With neither images nor a sandbox. */
  VolumeFixture() {
    this(none(Sandbox.class), none(ImageStore.class), none(ImageMounts.class));
  }

  VolumeFixture(Sandbox sandbox, ImageStore images, ImageMounts mounts) {
    try {
      directory = Files.createTempDirectory("volumes-").toRealPath();
      Files.createDirectory(allowed());
      Files.createDirectory(forbidden());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    tools =
        new NodeVolumes.Tools(
            new LockedHelperCommand(directory.resolve("locks"), Duration.ofSeconds(60)),
            sandbox,
            images,
            mounts);
    volumes = make();
  }

  private static <T> T none(Class<T> port) {
    return port.cast(
        Proxy.newProxyInstance(
            port.getClassLoader(),
            new Class<?>[] {port},
            (proxy, method, arguments) -> {
              throw new AssertionError("this test needs no " + method);
            }));
  }

  private NodeVolumes make() {
    NodeVolumes made =
        new NodeVolumes(
            new NodeVolumes.Layout(
                state(),
                runtime(),
                state().resolve("names"),
                fetched(),
                List.of(allowed().toString()),
                Path.of("/usr/bin/qemu-img")),
            tools,
            InstantSource.system());
    made.isolate();
    return made;
  }

  /** Where files are that were fetched. */
  Path fetched() {
    return state().resolve("files");
  }

  NodeVolumes.Tools tools() {
    return tools;
  }

  NodeVolumes volumes() {
    return volumes;
  }

  /** As after the end of a daemon without a word. */
  NodeVolumes restart() {
    volumes = make();
    return volumes;
  }

  /** As after a reboot: nothing is mounted, and what need not outlive it is gone. */
  NodeVolumes reboot() {
    NodeVolumes.releaseAll(runtime(), tools.helper());
    delete(runtime());
    return restart();
  }

  Path directory() {
    return directory;
  }

  Path state() {
    return directory.resolve("state");
  }

  Path runtime() {
    return directory.resolve("run");
  }

  /** A directory that policy lets tasks use. */
  Path allowed() {
    return directory.resolve("srv");
  }

  /** One that it does not. */
  Path forbidden() {
    return directory.resolve("etc");
  }

  static VolumeConfig volume(String name, Source source) {
    return volume(name, source, false, Propagation.PRIVATE);
  }

  static VolumeConfig readOnly(String name, Source source) {
    return volume(name, source, true, Propagation.PRIVATE);
  }

  static VolumeConfig volume(
      String name, Source source, boolean readOnly, Propagation propagation) {
    return new VolumeConfig(
        name, source, Optional.of("/data"), readOnly, propagation, Optional.empty());
  }

  static void assertRefused(String code, Executable call) {
    assertEquals(code, assertThrows(TaskException.class, call).first().code());
  }

  /** Writes until there is no more room. */
  static long fill(Path directory) {
    byte[] block = new byte[64 * 1024];
    long written = 0;
    try (var out = Files.newOutputStream(directory.resolve("filling"))) {
      for (; written < 10_000 * MIB; written += block.length) {
        out.write(block);
      }
    } catch (IOException e) {
      assertTrue(e.toString().contains("No space left"), e.toString());
    }
    return written;
  }

  static void write(Path file, String text) {
    try {
      Files.writeString(file, text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> names(Path directory) {
    try (Stream<Path> children = Files.list(directory)) {
      return children.map(child -> child.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Everything below a directory, by path. */
  static List<String> tree(Path directory) {
    try (Stream<Path> paths = Files.walk(directory)) {
      return paths.map(path -> directory.relativize(path).toString()).sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What is mounted, and not by others who work on this node meanwhile. */
  List<String> mounts() {
    return read(Path.of("/proc/self/mounts"))
        .lines()
        .filter(line -> line.contains(directory.toString()))
        .sorted()
        .toList();
  }

  /** The loop devices that have a file of ours, found by what file it is. */
  List<String> loops() {
    Set<String> ours = new TreeSet<>();
    for (String file :
        run("find", directory.toString(), "-xdev", "-type", "f", "-printf", "%i\\n").split("\n")) {
      ours.add(file.strip());
    }
    return Stream.of(run("losetup", "--list", "--noheadings", "-O", "BACK-INO,NAME").split("\n"))
        .filter(line -> ours.contains(line.strip().split(" +")[0]))
        .sorted()
        .toList();
  }

  /** Waits: the kernel lets go of a loop device a moment after the mount. */
  void assertNoLoops() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!loops().isEmpty() && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertEquals(List.of(), loops());
  }

  static String run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(process.waitFor(1, TimeUnit.MINUTES), "it does not end: " + List.of(command));
      assertEquals(0, process.exitValue(), () -> List.of(command) + ": " + output);
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void delete(Path tree) {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    NodeVolumes.releaseAll(runtime(), tools.helper());
    assertEquals(List.of(), mounts());
    assertNoLoops();
    delete(directory);
  }
}
