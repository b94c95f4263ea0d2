package org.lfedge.eve.tasks.core.host;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.HelperCommand;
import org.lfedge.eve.tasks.core.port.HypervisorMemory;
import org.lfedge.eve.tasks.spi.task.Hypervisor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Xen below the node, where the node is its control domain. What the kernel has in files is taken
 * from there; the rest is told by {@code xl info}, which only root may ask.
 */
public final class Xen implements HypervisorMemory {

  private static final Logger log = LoggerFactory.getLogger(Xen.class);

  private static final List<String> KNOWN = List.of("pv", "hvm", "hap");
  private static final Pattern LINE = Pattern.compile("(\\w+)\\s*:\\s*(.*)");
  private static final int MAX_MEBIBYTES_DIGITS = 12;

  private final Path root;
  private final List<Path> programs;
  private final HelperCommand helper;

  /**
   * Asks nobody yet.
   *
   * @param helper runs {@code xl}, in a time that somebody may wait for
   */
  public Xen(HelperCommand helper) {
    this(Path.of("/"), searched(System.getenv("PATH")), helper);
  }

  /**
   * For nodes that a test makes.
   *
   * @param root of the tree that {@code sys} and {@code proc} are in
   * @param programs directories that may have {@code xl}
   */
  Xen(Path root, List<Path> programs, HelperCommand helper) {
    this.root = root;
    this.programs = List.copyOf(programs);
    this.helper = helper;
  }

  /** The daemon may have been started with the path of a user, who has no need of such programs. */
  private static List<Path> searched(String path) {
    return Stream.concat(
            Arrays.stream((path == null ? "" : path).split(File.pathSeparator)),
            Stream.of("/usr/sbin", "/sbin"))
        .filter(directory -> directory.startsWith("/"))
        .distinct()
        .map(Path::of)
        .toList();
  }

  /**
   * {@code ok} if the node can have guests beside it, or why not.
   *
   * @throws IOException if a file that is there cannot be read
   */
  String status() throws IOException {
    if (!text("sys/hypervisor/type").equals("xen")) {
      return "the node does not run on Xen";
    }
    return text("proc/xen/capabilities").contains("control_d")
        ? "ok"
        : "the node is a guest of Xen, or xenfs is not mounted at /proc/xen";
  }

  /**
   * What executors may know of it; empty if the node does not control one.
   *
   * @throws IOException if a file that is there cannot be read
   */
  Optional<Hypervisor> facts() throws IOException {
    if (!status().equals("ok")) {
      return Optional.empty();
    }
    SortedMap<String, String> info = infoIfKnown();
    String version =
        text("sys/hypervisor/version/major")
            + "."
            + text("sys/hypervisor/version/minor")
            + text("sys/hypervisor/version/extra");
    TreeSet<String> capabilities = new TreeSet<>();
    for (String guest : text("sys/hypervisor/properties/capabilities").split("\\s+")) {
      // Of arm64, such a guest is not one that is paravirtualised.
      if (guest.startsWith("xen-3.0-x86")) {
        capabilities.add("pv");
      } else if (guest.startsWith("hvm-")) {
        capabilities.add("hvm");
      }
    }
    List<String> told = List.of(info.getOrDefault("virt_caps", "").split("\\s+"));
    KNOWN.stream().filter(told::contains).forEach(capabilities::add);
    return Optional.of(
        new Hypervisor(
            "xen",
            version.startsWith(".") ? info.getOrDefault("xen_version", "") : version,
            capabilities));
  }

  @Override
  public Optional<Amount> now() {
    try {
      if (!status().equals("ok")) {
        return Optional.empty();
      }
    } catch (IOException e) {
      throw unknown(String.valueOf(e));
    }
    SortedMap<String, String> info = info();
    return Optional.of(new Amount(bytes(info, "total_memory"), bytes(info, "free_memory")));
  }

  /** Who starts a daemon shall not wait for {@code xl} to be mended. */
  private SortedMap<String, String> infoIfKnown() {
    try {
      return info();
    } catch (TaskException e) {
      log.warn("not all is known of Xen: {}", e.first());
      return new TreeMap<>();
    }
  }

  private SortedMap<String, String> info() {
    Path program =
        programs.stream()
            .map(directory -> directory.resolve("xl"))
            .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
            .findFirst()
            .orElseThrow(() -> unknown("there is no program xl in " + programs));
    try {
      return parse(
          helper.run("hypervisor", "ask Xen what it has", List.of(program.toString(), "info")));
    } catch (TaskException e) {
      throw unknown(e.first().message());
    }
  }

  /** Lines such as {@code free_memory : 1502}; all others are passed over. */
  static SortedMap<String, String> parse(String output) {
    SortedMap<String, String> values = new TreeMap<>();
    for (String line : output.lines().toList()) {
      Matcher parts = LINE.matcher(line.strip());
      if (parts.matches()) {
        values.putIfAbsent(parts.group(1), parts.group(2));
      }
    }
    return values;
  }

  private static long bytes(SortedMap<String, String> info, String key) {
    String value = info.getOrDefault(key, "");
    if (!value.matches("[0-9]{1," + MAX_MEBIBYTES_DIGITS + "}")) {
      throw unknown("xl info has no number of MiB as " + key + ": '" + value + "'");
    }
    return Long.parseLong(value) << 20;
  }

  private static TaskException unknown(String why) {
    return TaskException.failed(
        Problem.host(
            "HYPERVISOR_UNKNOWN",
            "what memory Xen has free is not known: "
                + why
                + "; make 'xl info' work for root on the node (Debian: xen-utils-common and the"
                + " xen-utils of the version that runs)"));
  }

  /** What a small file of the kernel says; empty if it is not there. */
  private String text(String file) throws IOException {
    Path path = root.resolve(file);
    return Files.isRegularFile(path) ? Files.readString(path).strip() : "";
  }
}
