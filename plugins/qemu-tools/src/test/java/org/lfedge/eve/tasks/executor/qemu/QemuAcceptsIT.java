package org.lfedge.eve.tasks.executor.qemu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lfedge.eve.tasks.spi.guest.GuestRequest;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.View;

/**
 * QEMU, the companions and the launcher of the tools accept what is seeded: each machine is made,
 * not started ({@code -S}), and ended over QMP. As root, in namespaces that end with it. Needs the
 * root of the tools image, unpacked, as {@code qemu.tools.root}, and of Debian qemu-utils and
 * util-linux.
 */
@EnabledIfSystemProperty(named = "qemu.tools.root", matches = ".+")
class QemuAcceptsIT {

  private static final Path TOOLS = Path.of(System.getProperty("qemu.tools.root", ""));

  /**
   * What a container would have: the tools under an empty layer, mounts, files and devices. Asks
   * QEMU to end as soon as it has answered; if it never does, the deadline of the test ends all of
   * it.
   */
  private static final String IN_NAMESPACES =
      """
      set -eu
      tools=$1 work=$2
      shift 2
      mount -t tmpfs none "$work/layers"
      mkdir "$work/layers/upper" "$work/layers/work"
      cp -a "$work/files/." "$work/layers/upper"
      cd "$work"
      mount -t overlay none -o "lowerdir=$tools,upperdir=layers/upper,workdir=layers/work" root
      mount -t proc proc root/proc
      mkdir -p root/dev/net
      for device in null zero urandom net/tun; do
        touch "root/dev/$device"
        mount --bind "/dev/$device" "root/dev/$device"
      done
      (
        until grep -q '"return"' root/run/task/qmp.out 2>/dev/null; do sleep 0.02; done
        chroot root /usr/lib/taskmanager/tell /run/task/qmp.in '{"execute":"quit"}'
      ) >&2 &
      exec env -i "$@"
      """;

  @TempDir static Path images;

  @BeforeAll
  static void makeDisks() throws IOException, InterruptedException {
    assertTrue(
        Files.isExecutable(TOOLS.resolve("usr/lib/taskmanager/launch")), "no tools: " + TOOLS);
    for (String format : List.of("raw", "qcow2", "vmdk", "vhdx")) {
      run(
          List.of(
              "qemu-img", "create", "-q", "-f", format, images.resolve(format).toString(), "64M"));
    }
    Files.copy(images.resolve("raw"), images.resolve("iso"));
  }

  static List<Arguments> machines() {
    List<Arguments> machines = new ArrayList<>();
    for (long seed = 0; seed < Integer.getInteger("qemu.tools.machines", 24); seed++) {
      machines.add(new Arguments(seed));
    }
    return machines;
  }

  record Arguments(long seed) {}

  @ParameterizedTest
  @MethodSource("machines")
  void aMachineIsMade(Arguments of, @TempDir Path work) throws Exception {
    GuestRequest request = SampleMachines.emulated(of.seed());
    Seed seed = request.seed();
    lay(request, seed, Files.createDirectory(work.resolve("files")));
    Files.createDirectory(work.resolve("layers"));
    Files.createDirectory(work.resolve("root"));
    List<String> command = new ArrayList<>(List.of("unshare", "-m", "-n", "-p", "-f"));
    command.addAll(List.of("--kill-child", "sh", "-c", IN_NAMESPACES, "sh"));
    command.addAll(List.of(TOOLS.toAbsolutePath().toString(), work.toString()));
    command.addAll(seed.process().env());
    command.addAll(List.of("chroot", "root"));
    command.addAll(seed.process().args());
    command.add("-S");
    assertEquals("", run(command), () -> "machine " + of.seed() + ": " + seed.process().args());
  }

  /** Puts in place what the core would mount. */
  private static void lay(GuestRequest request, Seed seed, Path files) throws IOException {
    for (Mount mount : seed.mounts()) {
      Path target = files.resolve(mount.target().substring(1));
      Optional<String> format = formatOf(request, mount);
      Files.createDirectories(target.getParent());
      if (format.isPresent()) {
        Files.copy(images.resolve(format.get()), target);
      } else if (mount.source() instanceof Source.OfVolume volume && volume.view() == View.FILE) {
        String architecture = request.options().string("architecture").orElse("amd64");
        String name = volume.name().equals("kernel") ? "vmlinuz" : "initrd";
        Files.copy(TOOLS.resolve("usr/lib/taskmanager/guest/" + architecture + "/" + name), target);
      } else {
        Files.createDirectories(target);
      }
    }
    for (SeedFile file : seed.files()) {
      Path target = files.resolve(file.target().substring(1));
      Files.createDirectories(target.getParent());
      Files.write(target, file.content());
    }
    for (String value : request.env().values()) {
      if (value.startsWith("/run/secrets/")) {
        Path secret = files.resolve(value.substring(1));
        Files.createDirectories(secret.getParent());
        Files.writeString(secret, "s3cret");
      }
    }
  }

  private static Optional<String> formatOf(GuestRequest request, Mount mount) {
    if (mount.source() instanceof Source.OfRoot root && root.view() == View.BLOCK) {
      return Optional.of(((Root.File) request.root()).format());
    }
    if (mount.source() instanceof Source.OfVolume volume && volume.view() == View.ISO9660) {
      return Optional.of("iso");
    }
    if (mount.source() instanceof Source.OfVolume volume && volume.view() == View.BLOCK) {
      return request.volumes().stream()
          .filter(one -> one.name().equals(volume.name()))
          .findFirst()
          .map(one -> one.format().orElse("raw"));
    }
    return Optional.empty();
  }

  /** Gives what it writes, and refuses any end but a good one. */
  private static String run(List<String> command) throws IOException, InterruptedException {
    Path output = Files.createTempFile("qemu", ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      process.getOutputStream().close();
      boolean ended = process.waitFor(2, TimeUnit.MINUTES);
      process.destroyForcibly();
      String text = Files.readString(output, StandardCharsets.UTF_8);
      assertTrue(ended, () -> "it never ends: " + text + command);
      assertEquals(0, process.exitValue(), () -> text + command);
      return text;
    } finally {
      Files.delete(output);
    }
  }
}
