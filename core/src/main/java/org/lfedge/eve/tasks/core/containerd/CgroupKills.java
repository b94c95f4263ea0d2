package org.lfedge.eve.tasks.core.containerd;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/**
 * Whether the kernel killed a process of a container for want of memory. The kernel's counter in
 * the container's cgroup is there until the task is deleted, so it is exact where containerd's
 * out-of-memory event may come late, or while nobody listens.
 */
final class CgroupKills {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String COUNTER = "oom_kill ";

  private final Path cgroups;

  /**
   * Reads below a mount point.
   *
   * @param cgroups where the cgroup file systems are mounted, {@code /sys/fs/cgroup}
   */
  CgroupKills(Path cgroups) {
    this.cgroups = cgroups;
  }

  /**
   * Whether the counter is above zero; no if there is no such cgroup.
   *
   * @param specJson the OCI runtime spec of the container, which names its cgroup
   */
  boolean any(String specJson) {
    String cgroup = cgroup(specJson);
    if (!cgroup.startsWith("/")) {
      return false;
    }
    String relative = cgroup.substring(1);
    return counts(cgroups.resolve("memory").resolve(relative).resolve("memory.oom_control"))
        || counts(cgroups.resolve(relative).resolve("memory.events"));
  }

  private static String cgroup(String specJson) {
    try {
      return JSON.readTree(specJson).path("linux").path("cgroupsPath").asText("");
    } catch (JsonProcessingException e) {
      return "";
    }
  }

  private static boolean counts(Path file) {
    try {
      List<String> lines = Files.readAllLines(file);
      return lines.stream()
          .filter(line -> line.startsWith(COUNTER))
          .anyMatch(line -> Long.parseLong(line.substring(COUNTER.length()).strip()) > 0);
    } catch (NoSuchFileException e) {
      return false;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}
