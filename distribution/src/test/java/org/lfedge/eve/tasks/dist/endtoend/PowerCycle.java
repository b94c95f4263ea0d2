package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * A reboot, as far as it can be staged: every process of the node is killed, its runtime directory
 * with all mounts is gone, and the kernel names another boot. What lies on disk stays.
 */
final class PowerCycle {

  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  private PowerCycle() {}

  /** Has the kernel name its own boot again. */
  static void end() {
    Programs.run(List.of("umount", BOOT_ID.toString()));
  }

  /** Switches a node off and on. */
  static void of(PackagedNode node) throws IOException {
    node.kill();
    Path runtime = node.directory().resolve("run");
    String cgroup = "/" + node.directory().getFileName() + "/";
    Programs.await(
        "every process to end",
        () -> {
          List<ProcessHandle> left =
              ProcessHandle.allProcesses()
                  .filter(process -> isOurs(process, runtime, cgroup))
                  .toList();
          left.forEach(ProcessHandle::destroyForcibly);
          return left.isEmpty();
        });
    Traces.unmountBelow(runtime);
    Programs.run(List.of("rm", "-rf", runtime.toString())).expect(0);
    Traces.removeCgroups(node.directory().getFileName().toString());
    Path other = node.directory().resolve("boot_id");
    Files.writeString(other, UUID.randomUUID() + "\n");
    Programs.run(List.of("mount", "--bind", other.toString(), BOOT_ID.toString())).expect(0);
    node.start();
  }

  /** containerd and shims name the directory on their command lines, tasks are in our cgroup. */
  private static boolean isOurs(ProcessHandle process, Path runtime, String cgroup) {
    Path proc = Path.of("/proc", String.valueOf(process.pid()));
    try {
      boolean names =
          Files.readString(proc.resolve("cmdline")).contains(runtime.toString())
              && process.pid() != ProcessHandle.current().pid();
      return names || Files.readString(proc.resolve("cgroup")).contains(cgroup);
    } catch (IOException e) {
      return false;
    }
  }
}
