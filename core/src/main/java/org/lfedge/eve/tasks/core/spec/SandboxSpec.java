package org.lfedge.eve.tasks.core.spec;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.lfedge.eve.tasks.core.port.SandboxJob;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Capabilities;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Cpu;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Linux;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Memory;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Mount;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Namespace;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Pids;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Program;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Resources;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Rlimit;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Root;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.User;
import org.lfedge.eve.tasks.spi.task.SortedCopies;

/** The spec of a sandbox: a task that has nothing but its root, to read, and what its job names. */
public final class SandboxSpec {

  private static final long PIDS_LIMIT = 128;

  /** That of half a CPU: tasks come first. */
  private static final long CPU_SHARES = 512;

  private static final List<String> READ_ONLY = List.of("bind", "ro", "nosuid", "nodev");
  private static final List<String> WRITABLE = List.of("bind", "rw", "nosuid", "nodev", "noexec");

  private SandboxSpec() {}

  /**
   * Makes the spec. Where a mount is to be, the root has a file or directory already, or the
   * runtime can make one.
   *
   * @param id its hostname
   * @param cgroupsPath where its cgroup lies
   * @param architecture of the node in Go's words, such as {@code amd64}
   * @param programs directories and files of the node with its programs, by where they are mounted
   */
  public static RuntimeSpec of(
      String id,
      SandboxJob job,
      String cgroupsPath,
      String architecture,
      SortedMap<String, String> programs) {
    List<String> capabilities = List.copyOf(job.identity().capabilities());
    return new RuntimeSpec(
        RuntimeSpec.OCI_VERSION,
        new Program(
            false,
            new User(job.identity().uid(), job.identity().gid(), null, List.of(), Map.of()),
            job.args(),
            env(job),
            "/",
            new Capabilities(
                capabilities, capabilities, List.of(), capabilities, List.of(), Map.of()),
            List.of(new Rlimit("RLIMIT_CORE", BigInteger.ZERO, BigInteger.ZERO, Map.of())),
            true,
            null,
            Map.of()),
        new Root(SecureDefaults.ROOT_PATH, true, Map.of()),
        id,
        mounts(job, programs),
        SortedCopies.mapOf(Map.of()),
        new Linux(
            List.of(),
            List.of(),
            SortedCopies.mapOf(Map.of()),
            resources(job),
            cgroupsPath,
            SecureDefaults.NAMESPACES.stream()
                .map(type -> new Namespace(type, null, Map.of()))
                .toList(),
            SeccompProfile.of(architecture, job.identity().capabilities()),
            SecureDefaults.MASKED_PATHS,
            SecureDefaults.READONLY_PATHS,
            Map.of()),
        Map.of());
  }

  private static List<String> env(SandboxJob job) {
    List<String> env = new ArrayList<>(List.of("PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"));
    for (String variable : job.env()) {
      String name = variable.substring(0, variable.indexOf('=') + 1);
      env.removeIf(other -> other.startsWith(name));
      env.add(variable);
    }
    return env;
  }

  private static List<Mount> mounts(SandboxJob job, SortedMap<String, String> programs) {
    List<Mount> mounts = new ArrayList<>();
    SecureDefaults.MOUNTS.stream()
        .filter(mount -> List.of("/proc", "/dev").contains(mount.destination()))
        .forEach(mounts::add);
    programs.forEach((target, source) -> mounts.add(Mount.of(target, "bind", source, READ_ONLY)));
    for (SandboxJob.Bind bind : job.binds()) {
      mounts.add(
          Mount.of(
              bind.target(),
              "bind",
              bind.source().toString(),
              bind.writable() ? WRITABLE : READ_ONLY));
    }
    return mounts;
  }

  private static Resources resources(SandboxJob job) {
    return new Resources(
        SecureDefaults.DEVICE_RULES,
        new Memory(job.bounds().memoryBytes(), job.bounds().memoryBytes(), Map.of()),
        new Cpu(CPU_SHARES, SecureDefaults.CPU_PERIOD, SecureDefaults.CPU_PERIOD, null, Map.of()),
        new Pids(PIDS_LIMIT, Map.of()),
        Map.of());
  }
}
