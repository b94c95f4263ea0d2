package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.api.v1.CreateVolumeRequest;
import org.lfedge.eve.tasks.core.api.v1.ListVolumesRequest;
import org.lfedge.eve.tasks.core.api.v1.VolumeDisk;
import org.lfedge.eve.tasks.core.api.v1.VolumeEntry;
import org.lfedge.eve.tasks.core.api.v1.VolumeOwner;
import org.lfedge.eve.tasks.core.api.v1.VolumeRequest;
import org.lfedge.eve.tasks.core.config.Sizes;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "volumes",
    header = "Make, show and remove volumes that the node keeps.",
    description = {
      "Such a volume has a limit and outlives the tasks that use it. A task names it as the source"
          + " of one of its volumes, or as its root, or has one made with it."
    },
    footer = {
      "  taskctl volumes create data --size 64MiB",
      "  taskctl volumes list",
      "  taskctl volumes delete data"
    })
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class VolumesCommand implements Runnable {

  private static final Pattern URL = Pattern.compile("https?://");
  private static final Pattern OWNER = Pattern.compile("([0-9]{1,9}):([0-9]{1,9})");

  @Spec private CommandSpec spec;

  private VolumesCommand() {}

  static CommandLine with(Session session) {
    return new CommandLine(new VolumesCommand())
        .addSubcommand(new ListCommand(session))
        .addSubcommand(new Create(session))
        .addSubcommand(new Inspect(session))
        .addSubcommand(new Delete(session));
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Missing command: list, create, inspect or delete.");
  }

  private static void show(Session session, List<VolumeEntry> volumes) {
    if (session.json()) {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      volumes.forEach(volume -> array.add(json(volume)));
      session.print(array);
      return;
    }
    Table table = new Table("NAME", "KIND", "SIZE", "USED", "TASKS");
    for (VolumeEntry volume : volumes) {
      table.row(
          volume.getName(),
          volume.getKind(),
          volume.getLimitBytes() == 0 ? "" : Quantities.bytes(volume.getLimitBytes()),
          Quantities.bytes(volume.getUsedBytes()),
          String.join(" ", volume.getTasksList()));
    }
    session.print(table.toString());
  }

  private static ObjectNode json(VolumeEntry volume) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("name", volume.getName());
    json.put("kind", volume.getKind());
    json.put("limitBytes", volume.getLimitBytes() == 0 ? null : (Long) volume.getLimitBytes());
    json.put("usedBytes", volume.getUsedBytes());
    json.put(
        "createdAt",
        Instant.ofEpochSecond(volume.getCreatedAt().getSeconds(), volume.getCreatedAt().getNanos())
            .toString());
    json.put("madeFor", volume.getMadeFor().isEmpty() ? null : volume.getMadeFor());
    json.put("content", volume.getContent().isEmpty() ? null : volume.getContent());
    volume.getTasksList().forEach(json.putArray("tasks")::add);
    return json;
  }

  private static long bytes(String size) {
    OptionalLong bytes = Sizes.parse(size);
    if (bytes.isEmpty() || bytes.getAsLong() < 1) {
      throw usage("--size must be a size such as 64MiB, not " + size);
    }
    return bytes.getAsLong();
  }

  /** A URL is one of those that documents can have; anything else is a path. */
  private static VolumeDisk disk(String from, @Nullable String digest, @Nullable String format) {
    if (format == null) {
      throw usage("--disk needs --format: raw, qcow2, vmdk, vhdx or iso");
    }
    VolumeDisk.Builder disk = VolumeDisk.newBuilder().setFormat(format);
    if (digest != null) {
      disk.setDigest(digest);
    }
    if (!URL.matcher(from).lookingAt()) {
      disk.setPath(Path.of(from).toAbsolutePath().normalize().toString());
    } else if (digest == null) {
      throw usage("--disk with a URL needs --digest, by which it is known which file is meant");
    } else {
      disk.setUrl(from);
    }
    return disk.build();
  }

  private static VolumeOwner owner(String text) {
    Matcher ids = OWNER.matcher(text);
    if (!ids.matches()) {
      throw usage("--owner must be UID:GID in numbers, such as 1000:1000, not " + text);
    }
    return VolumeOwner.newBuilder()
        .setUid(Integer.parseInt(ids.group(1)))
        .setGid(Integer.parseInt(ids.group(2)))
        .build();
  }

  private static TaskException usage(String message) {
    return TaskException.failed(Problem.user("USAGE", message));
  }

  @Command(
      name = "list",
      aliases = "ls",
      header = "Show the volumes that the node keeps.",
      footer = {"  taskctl volumes list -o json | jq '.[].name'"})
  static final class ListCommand implements Callable<Integer> {
    private final Session session;

    ListCommand(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      try (Connection connection = session.connect()) {
        show(
            session,
            connection
                .call(stub -> stub.listVolumes(ListVolumesRequest.getDefaultInstance()))
                .getVolumesList());
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      name = "create",
      header = "Make a volume.",
      description = {
        "Its space is reserved at once: a full disk shows now, not to a task later.",
        "With --disk, it is a raw disk with a copy of what is in the file, and with --size, at least"
            + " that large: the disk of a guest, to which that writes."
      },
      footer = {
        "  taskctl volumes create data --size 1GiB --owner 1000:1000",
        "  taskctl volumes create site --size 64MiB --from /srv/site",
        "  taskctl volumes create vm --size 8GiB --disk /srv/vm.qcow2 --format qcow2",
        "  taskctl volumes create vm2 --disk https://repo.example/vm.raw --digest sha256:... \\",
        "      --format raw"
      })
  static final class Create implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "NAME", description = "Unique on the node.")
    private String name;

    @Option(
        names = "--size",
        paramLabel = "SIZE",
        description =
            "How much it holds, such as 64MiB. Required without --disk, and at least that with it.")
    private @Nullable String size;

    @Option(
        names = "--from",
        paramLabel = "PATH",
        description = "A directory of the node whose content is copied into it, once.")
    private @Nullable Path content;

    @Option(
        names = "--owner",
        paramLabel = "UID:GID",
        description = "To whom its uppermost directory is given; root by default.")
    private @Nullable String owner;

    @Option(
        names = "--disk",
        paramLabel = "FILE|URL",
        description =
            "A disk of the node, or at a URL, of which it becomes a copy; needs --format, and"
                + " --digest for a URL.")
    private @Nullable String disk;

    @Option(
        names = "--format",
        paramLabel = "FORMAT",
        description = "What the disk is: raw, qcow2, vmdk, vhdx or iso.")
    private @Nullable String format;

    @Option(
        names = "--digest",
        paramLabel = "DIGEST",
        description = "What the file of the disk must have: sha256: and 64 hex digits.")
    private @Nullable String digest;

    Create(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      CreateVolumeRequest.Builder request = CreateVolumeRequest.newBuilder().setName(name);
      if (size != null) {
        request.setBytes(bytes(size));
      } else if (disk == null) {
        throw usage("a volume needs --size, unless it is made with --disk");
      }
      if (disk != null) {
        request.setDisk(disk(disk, digest, format));
      } else if (format != null || digest != null) {
        throw usage("--format and --digest say what --disk is; add it, or remove them");
      }
      if (content != null) {
        request.setContent(content.toAbsolutePath().normalize().toString());
      }
      if (owner != null) {
        request.setOwner(owner(owner));
      }
      try (Connection connection = session.connect()) {
        VolumeEntry volume = connection.call(stub -> stub.createVolume(request.build()));
        show(session, List.of(volume));
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      name = "inspect",
      header = "Show one volume.",
      footer = {"  taskctl volumes inspect data"})
  static final class Inspect implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "NAME", description = "The name of a volume.")
    private String name;

    Inspect(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      VolumeRequest request = VolumeRequest.newBuilder().setName(name).build();
      VolumeEntry volume;
      try (Connection connection = session.connect()) {
        volume = connection.call(stub -> stub.inspectVolume(request));
      }
      if (session.json()) {
        session.print(json(volume));
      } else {
        show(session, List.of(volume));
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      name = "delete",
      aliases = "rm",
      header = "Remove volumes and what is in them.",
      description = "A volume that a task has or names is refused.",
      footer = {"  taskctl volumes delete data"})
  static final class Delete implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "NAME", arity = "1..*", description = "Names of volumes.")
    private String[] names;

    Delete(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      return TaskCommands.each(
          session,
          names,
          (connection, name) -> {
            VolumeRequest request = VolumeRequest.newBuilder().setName(name).build();
            connection.call(stub -> stub.deleteVolume(request));
            if (!session.json()) {
              session.print(name + ": deleted");
            }
            return null;
          });
    }
  }
}
