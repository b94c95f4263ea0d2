package org.lfedge.eve.tasks.core.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.port.Anchor;
import org.lfedge.eve.tasks.core.port.AnchorMemory;
import org.lfedge.eve.tasks.spi.seed.Measurement;

/** Measures anchors by {@code /proc} and the counters of their cgroups, version 1 and 2. */
public final class ResidentMemory implements AnchorMemory {

  private static final String DELETED = " (deleted)";

  private final LinuxProcesses processes;
  private final Path proc;

  /** Measures processes of this node. */
  public ResidentMemory(LinuxProcesses processes) {
    this(processes, Path.of("/proc"));
  }

  ResidentMemory(LinuxProcesses processes, Path proc) {
    this.processes = processes;
    this.proc = proc;
  }

  @Override
  public OptionalLong measure(Anchor anchor, Measurement measurement) {
    OptionalLong bytes;
    try {
      if (measurement instanceof Measurement.OfAnchor) {
        bytes = ofProcess(file(anchor, "status"));
      } else if (measurement instanceof Measurement.OfCgroup) {
        bytes = ofCgroup(anchor);
      } else if (measurement instanceof Measurement.AllBut allBut) {
        bytes = allBut(anchor, allBut.mapping());
      } else {
        throw new IllegalArgumentException("unknown measurement: " + measurement);
      }
    } catch (IOException e) {
      return OptionalLong.empty();
    }
    // Asked last: what was read before would be of another process if the PID were used again.
    boolean same = processes.startTime(anchor.pid()).equals(OptionalLong.of(anchor.startTime()));
    return same ? bytes : OptionalLong.empty();
  }

  private Path file(Anchor anchor, String name) {
    return proc.resolve(Integer.toString(anchor.pid())).resolve(name);
  }

  private static OptionalLong ofProcess(Path status) throws IOException {
    String text = Files.readString(status);
    return sum(kibibytes(text, "RssAnon:"), kibibytes(text, "RssShmem:"));
  }

  private OptionalLong ofCgroup(Anchor anchor) {
    return processes
        .cgroup(anchor.pid())
        .map(processes::unreclaimable)
        .orElse(OptionalLong.empty());
  }

  private OptionalLong allBut(Anchor anchor, String mapping) throws IOException {
    OptionalLong all = ofCgroup(anchor);
    if (all.isEmpty()) {
      return all;
    }
    try (Stream<String> smaps = Files.lines(file(anchor, "smaps"))) {
      return OptionalLong.of(Math.max(0, all.getAsLong() - resident(smaps, mapping)));
    }
  }

  /**
   * What is resident of the mappings of a name. Their first lines look like {@code 7f00-7f01 rw-s
   * 00000000 00:01 1027 /memfd:guest-ram (deleted)}; lines with values follow.
   */
  static long resident(Stream<String> smaps, String mapping) {
    long kibibytes = 0;
    boolean wanted = false;
    for (Iterator<String> lines = smaps.iterator(); lines.hasNext(); ) {
      String line = lines.next();
      String[] first = line.split("\\s+", 6);
      if (first[0].indexOf('-') > 0) {
        String name = first.length == 6 ? first[5] : "";
        wanted = name.equals(mapping) || name.equals(mapping + DELETED);
      } else if (wanted && first[0].equals("Rss:")) {
        kibibytes += Long.parseLong(first[1]);
      }
    }
    return kibibytes * 1024;
  }

  private static OptionalLong kibibytes(String text, String name) {
    Optional<String> line = text.lines().filter(each -> each.startsWith(name)).findFirst();
    return line.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(Long.parseLong(line.get().replaceAll("[^0-9]", "")) * 1024);
  }

  private static OptionalLong sum(OptionalLong left, OptionalLong right) {
    return left.isPresent() && right.isPresent()
        ? OptionalLong.of(left.getAsLong() + right.getAsLong())
        : OptionalLong.empty();
  }
}
