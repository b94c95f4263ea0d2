package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.MIB;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.fill;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.names;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.read;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.run;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.write;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.spi.task.User;

/** The directories that anchors have for themselves, with real mounts. */
class OwnDirectoriesIT {

  private static final String TASK = "vm.1";
  private static final int MAX = 64 << 10;
  private static final User SOMEBODY = new User(1000, 100, List.of());

  private final VolumeFixture node = new VolumeFixture();
  private NodeVolumes volumes = node.volumes();

  @AfterEach
  void leaveNothing() {
    node.close();
  }

  private Path state(String name, long bytes) {
    volumes.prepareState(TASK, name, bytes, SOMEBODY);
    return volumes.state(TASK, name);
  }

  private Path runtimeDirectory() {
    volumes.prepareRuntimeDirectory(TASK, MIB, SOMEBODY, true);
    return volumes.runtimeDirectory(TASK);
  }

  private Optional<String> file(String name) {
    return volumes
        .runtimeFile(TASK, name, MAX)
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8));
  }

  private String mountOf(Path path) {
    return node.mounts().stream()
        .filter(line -> line.split(" ", -1)[1].equals(path.toString()))
        .findFirst()
        .orElseThrow(() -> new AssertionError(path + " is not mounted"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 10, 12, 111})
  void aStateHoldsWhatItsSizeSaysAndHasAnEnd(int mebibytes) {
    Path state = state("vars", mebibytes * MIB);
    assertEquals(List.of(), names(state));
    long held = fill(state);
    assertTrue(held >= mebibytes * MIB, held + " bytes");
    assertTrue(held <= TaskStates.diskBytes(mebibytes * MIB), held + " bytes");
  }

  @Test
  void aStateIsKeptUntilItIsRemoved() throws IOException {
    Path vars = state("vars", MIB);
    assertEquals(1000, Files.getAttribute(vars, "unix:uid"));
    assertEquals(100, Files.getAttribute(vars, "unix:gid"));
    String mount = mountOf(vars);
    assertTrue(mount.contains("nosuid") && mount.contains("nodev"), mount);
    write(vars.resolve("boot"), "order");
    write(state("tpm", MIB).resolve("seed"), "secret");
    volumes = node.restart();
    assertEquals("order", read(state("vars", 9 * MIB).resolve("boot")));
    volumes = node.reboot();
    assertEquals("order", read(state("vars", MIB).resolve("boot")));
    volumes.release(TASK);
    assertFalse(Files.exists(volumes.state(TASK, "vars")));
    node.assertNoLoops();
    assertEquals(List.of(TASK), volumes.tasks());
    assertEquals("secret", read(state("tpm", MIB).resolve("seed")));
    volumes.removeStates("vm");
    assertEquals("order", read(state("vars", MIB).resolve("boot")));
    volumes.removeStates(TASK);
    assertEquals(List.of(), volumes.tasks());
    assertEquals(List.of(), names(node.state().resolve("volumes/.states")));
    assertEquals(List.of(), names(state("vars", MIB)));
    volumes.removeStates(TASK);
  }

  /** As a daemon leaves it that is killed while one is made. */
  @Test
  void aStateThatIsHalfMadeIsMadeAnewOrRemoved() throws IOException {
    Path own = Files.createDirectories(node.state().resolve("volumes/.states").resolve(TASK));
    write(own.resolve("vars.img.new"), "half");
    assertEquals(List.of(TASK), volumes.tasks());
    assertEquals(List.of(), names(state("vars", MIB)));
    write(own.resolve("tpm.img.new"), "half");
    volumes.removeStates(TASK);
    assertEquals(List.of(), volumes.tasks());
  }

  @Test
  void aRuntimeDirectoryIsEmptyAtEachStartAndHasAnEnd() throws IOException {
    Path directory = runtimeDirectory();
    assertEquals(1000, Files.getAttribute(directory, "unix:uid"));
    String mount = mountOf(directory);
    for (String option : List.of(" tmpfs ", "nosuid", "nodev", "noexec", "size=1024k")) {
      assertTrue(mount.contains(option), mount);
    }
    write(directory.resolve("log"), "it ended");
    assertEquals(Optional.of("it ended"), file("log"));
    volumes = node.restart();
    volumes.prepareRuntimeDirectory(TASK, MIB, SOMEBODY, false);
    assertEquals(Optional.of("it ended"), file("log"));
    assertEquals(List.of(TASK), volumes.tasks());
    assertEquals(List.of(), names(runtimeDirectory()));
    assertTrue(fill(directory) <= MIB);
    volumes.release(TASK);
    assertEquals(List.of(), volumes.tasks());
    assertEquals(Optional.empty(), file("log"));
    volumes.prepareRuntimeDirectory(TASK, MIB, SOMEBODY, false);
    assertEquals(List.of(), names(directory));
    assertTrue(mountOf(directory).contains("tmpfs"));
  }

  @Test
  @Timeout(value = 1, unit = TimeUnit.MINUTES)
  void ofWhatATaskPutsThereOnlyRegularFilesAreRead() throws IOException {
    Path directory = runtimeDirectory();
    write(node.forbidden().resolve("shadow"), "secret");
    Path link = Files.createSymbolicLink(directory.resolve("link"), node.forbidden());
    assertTrue(Files.exists(link.resolve("shadow")));
    Path linked =
        Files.createSymbolicLink(directory.resolve("linked"), node.forbidden().resolve("shadow"));
    assertEquals("secret", read(linked));
    run("mkfifo", directory.resolve("fifo").toString());
    run("mknod", directory.resolve("zero").toString(), "c", "1", "5");
    Path made = Files.createDirectory(directory.resolve("directory"));
    try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      var unused = socket.bind(UnixDomainSocketAddress.of(directory.resolve("socket")));
      for (String name :
          List.of("link", "linked", "fifo", "zero", made.getFileName() + "", "socket", "none")) {
        assertEquals(Optional.empty(), file(name), name);
      }
    }
    write(directory.resolve("locked"), "0");
    run("chmod", "0", directory.resolve("locked").toString());
    assertEquals(Optional.of("0"), file("locked"));
  }

  @Test
  void ofALongFileTheEndIsRead() throws IOException {
    Path file = runtimeDirectory().resolve("log");
    byte[] all = new byte[MAX + 5];
    all[4] = 1;
    all[5] = 2;
    all[MAX + 4] = 3;
    Files.write(file, all);
    byte[] end = volumes.runtimeFile(TASK, "log", MAX).orElseThrow();
    assertEquals(MAX, end.length);
    assertEquals(2, end[0]);
    assertEquals(3, end[MAX - 1]);
    // Larger than any memory, and all of it a hole.
    run("truncate", "-s", "1E", file.toString());
    assertArrayEquals(new byte[MAX], volumes.runtimeFile(TASK, "log", MAX).orElseThrow());
    write(file, "");
    assertEquals(Optional.of(""), file("log"));
  }

  /** Whatever it is at the moment when it is looked at, when it is opened and when it is read. */
  @Test
  @Timeout(value = 1, unit = TimeUnit.MINUTES)
  void aFileThatIsAnotherOneAllTheTimeNeitherBlocksNorLeadsOut() throws IOException {
    Path directory = runtimeDirectory();
    write(node.forbidden().resolve("shadow"), "secret");
    String script =
        "cd \"$1\"; echo own > own; ln -s \"$2\" linked; mkfifo fifo; while [ -e own ]; do"
            + " for one in own linked fifo; do ln -f $one next && mv -T next log; done; done";
    Process swapping =
        new ProcessBuilder(
                "busybox",
                "sh",
                "-c",
                script,
                "sh",
                directory.toString(),
                node.forbidden().resolve("shadow").toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      int own = 0;
      for (int i = 0; i < 10_000 || own == 0 || own == i; i++) {
        Optional<String> content = file("log");
        assertTrue(content.isEmpty() || content.get().equals("own\n"), content::toString);
        own += content.isPresent() ? 1 : 0;
      }
    } finally {
      Files.delete(directory.resolve("own"));
      swapping.destroyForcibly();
    }
  }
}
