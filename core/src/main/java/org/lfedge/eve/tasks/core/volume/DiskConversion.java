package org.lfedge.eve.tasks.core.volume;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Sandbox;
import org.lfedge.eve.tasks.core.port.SandboxJob;
import org.lfedge.eve.tasks.core.port.SandboxJob.Bind;
import org.lfedge.eve.tasks.core.port.SandboxResult;

/**
 * Looks at disks in formats of programs, and makes raw disks of them. Those formats are programs'
 * own, with a history of holes in what reads them, and they can refer to other files of the node:
 * so they are read in a sandbox that has no other file, as the owner of the file alone.
 */
final class DiskConversion {

  private static final long MEMORY_BYTES = 256L << 20;
  private static final Duration INFO_DEADLINE = Duration.ofMinutes(1);
  private static final Duration CONVERT_DEADLINE = Duration.ofMinutes(10);

  /** What a file of ext4 can hold: 16 TiB. A disk that claims more is no one's, or an attack. */
  private static final long MAX_BYTES = 1L << 44;

  private static final String INPUT = "/input";
  private static final String OUTPUT = "/output";

  private final Sandbox sandbox;
  private final Path program;
  private final ObjectMapper mapper = new ObjectMapper();

  /**
   * Converts in a sandbox.
   *
   * @param program of the node that knows the commands {@code info} and {@code convert}
   */
  DiskConversion(Sandbox sandbox, Path program) {
    this.sandbox = sandbox;
    this.program = program;
  }

  /**
   * How large a disk is for who uses it. It may be in use.
   *
   * @param disk the file, at a path of ours
   * @throws TaskException BACKING_FILE_REFUSED if parts of it are in other files, DISK_UNREADABLE,
   *     DISK_TOO_LARGE
   */
  long virtualBytes(Path disk, Format format, String what) {
    requireProgram(what);
    SandboxResult result =
        run(
            "look at the disk of " + what,
            disk,
            INFO_DEADLINE,
            List.of(new Bind(disk, INPUT, false)),
            List.of("info", "--force-share", "--output=json", "-f", format.word(), INPUT));
    if (!result.success()) {
      throw unreadable(what, format, result.reason());
    }
    JsonNode info;
    try {
      info = mapper.readTree(result.output());
    } catch (JsonProcessingException e) {
      throw unreadable(what, format, "what is said of it is not JSON");
    }
    refuseOtherFiles(info, what);
    return plausible(info.path("virtual-size").asLong(), format, what);
  }

  /**
   * The size of a disk, if a disk can have it.
   *
   * @throws TaskException DISK_UNREADABLE, DISK_TOO_LARGE
   */
  static long plausible(long bytes, Format format, String what) {
    if (bytes <= 0) {
      throw unreadable(what, format, "it has no size");
    }
    if (bytes > MAX_BYTES) {
      throw TaskException.failed(
          Problem.user(
              "DISK_TOO_LARGE",
              "the disk of "
                  + what
                  + " claims to have "
                  + bytes
                  + " bytes; at most "
                  + MAX_BYTES
                  + " (16 TiB) are accepted; make it smaller"));
    }
    return bytes;
  }

  private static void refuseOtherFiles(JsonNode info, String what) {
    List<String> others = new ArrayList<>();
    for (String key : List.of("backing-filename", "full-backing-filename")) {
      named(info, key).ifPresent(others::add);
    }
    JsonNode data = info.path("format-specific").path("data");
    named(data, "data-file").ifPresent(others::add);
    for (JsonNode extent : data.path("extents")) {
      named(extent, "filename").filter(name -> !name.equals(INPUT)).ifPresent(others::add);
    }
    if (!others.isEmpty()) {
      throw TaskException.failed(
          Problem.user(
              "BACKING_FILE_REFUSED",
              "the disk of "
                  + what
                  + " is not whole, it builds on "
                  + others.get(0)
                  + "; convert it to one file that stands alone"));
    }
  }

  private static Optional<String> named(JsonNode json, String key) {
    return Optional.ofNullable(json.get(key)).map(JsonNode::asText).filter(name -> !name.isEmpty());
  }

  /**
   * Writes the content of a disk to another.
   *
   * @param disk the file, at a path of ours
   * @param raw a file of zeros that is at least as large as the disk
   */
  void convert(Path disk, Format format, Path raw, String what) {
    try {
      own(raw, owner(disk, "uid"), owner(disk, "gid"));
      SandboxResult result =
          run(
              "convert the disk of " + what,
              disk,
              CONVERT_DEADLINE,
              List.of(new Bind(disk, INPUT, false), new Bind(raw, OUTPUT, true)),
              List.of(
                  "convert",
                  "-n",
                  "--target-is-zero",
                  "-f",
                  format.word(),
                  "-O",
                  "raw",
                  INPUT,
                  OUTPUT));
      own(raw, 0, 0);
      if (!result.success()) {
        throw unreadable(what, format, result.reason());
      }
    } catch (IOException e) {
      throw DiskFiles.unreadable(raw, e);
    }
  }

  private SandboxResult run(
      String purpose, Path disk, Duration deadline, List<Bind> binds, List<String> arguments) {
    List<String> args = new ArrayList<>(List.of(program.toString()));
    args.addAll(arguments);
    try {
      return sandbox.run(
          SandboxJob.ofNode(
              purpose,
              args,
              binds,
              SandboxJob.Identity.of(owner(disk, "uid"), owner(disk, "gid")),
              SandboxJob.Bounds.of(MEMORY_BYTES, deadline)));
    } catch (IOException e) {
      throw DiskFiles.unreadable(disk, e);
    }
  }

  /** Has a file belong to whom another one belongs to. */
  static void giveOwner(Path from, Path to) {
    try {
      own(to, owner(from, "uid"), owner(from, "gid"));
    } catch (IOException e) {
      throw DiskFiles.unreadable(to, e);
    }
  }

  private static int owner(Path file, String id) throws IOException {
    return (Integer) Files.getAttribute(file, "unix:" + id, LinkOption.NOFOLLOW_LINKS);
  }

  private static void own(Path file, int uid, int gid) throws IOException {
    Files.setAttribute(file, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(file, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
  }

  private void requireProgram(String what) {
    if (!Files.isExecutable(program)) {
      throw TaskException.failed(
          Problem.host(
              "PROGRAM_MISSING",
              "the disk of "
                  + what
                  + " has to be looked into, and "
                  + program
                  + " is not on this node; install it, or convert the disk to a raw one"));
    }
  }

  private static TaskException unreadable(String what, Format format, String why) {
    return TaskException.failed(
        Problem.user(
            "DISK_UNREADABLE",
            "the disk of "
                + what
                + " cannot be read as "
                + format.word()
                + ": "
                + why
                + "; name its format as it is, and see that nothing else uses it"));
  }
}
