package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.ImageEntry;
import org.lfedge.eve.tasks.core.api.v1.ImageRequest;
import org.lfedge.eve.tasks.core.api.v1.InspectImageResponse;
import org.lfedge.eve.tasks.core.api.v1.ListImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.PruneImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.RemoveImageRequest;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "images",
    header = "Bring images to the node, show and remove them.",
    footer = {
      "  taskctl images pull registry.example/web:1.27",
      "  taskctl images import web.oci.tar",
      "  taskctl images list"
    })
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class ImagesCommand implements Runnable {

  @Spec private CommandSpec spec;

  private ImagesCommand() {}

  static CommandLine with(Session session) {
    return new CommandLine(new ImagesCommand())
        .addSubcommand(new PullCommand(session))
        .addSubcommand(new ImageArchiveCommands.Import(session))
        .addSubcommand(new ImageArchiveCommands.Export(session))
        .addSubcommand(new ListCommand(session))
        .addSubcommand(new Inspect(session))
        .addSubcommand(new Remove(session))
        .addSubcommand(new Prune(session));
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(),
        "Missing command: pull, import, export, list, inspect, remove or prune.");
  }

  static void show(Session session, List<ImageEntry> images) {
    if (session.json()) {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      images.forEach(image -> array.add(TaskJson.image(image)));
      session.print(array);
    } else {
      Table table = new Table("NAME", "DIGEST", "PLATFORM", "SIZE");
      for (ImageEntry image : images) {
        table.row(
            image.getName(),
            image.getDigest(),
            platforms(image),
            Quantities.bytes(image.getSizeBytes()));
      }
      session.print(table.toString());
    }
  }

  /** Those that are on the node. */
  static String platforms(ImageEntry image) {
    return image.getPlatformsCount() == 0 ? "-" : String.join(",", image.getPlatformsList());
  }

  private static void showRemoved(Session session, List<ImageEntry> images) {
    if (images.isEmpty() && !session.json()) {
      session.note("no image is removed");
    } else {
      show(session, images);
    }
  }

  @Command(
      name = "list",
      aliases = "ls",
      header = "Show the images on this node.",
      footer = {"  taskctl images list -o json | jq '.[].name'"})
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
                .call(stub -> stub.listImages(ListImagesRequest.getDefaultInstance()))
                .getImagesList());
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      name = "inspect",
      header = "Show what an image is made of, what it takes on disk, and which tasks need it.",
      footer = {
        "  taskctl images inspect web",
        "  taskctl images inspect web -o json | jq .layers"
      })
  static final class Inspect implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "IMAGE", description = "Its name or digest.")
    private String reference;

    Inspect(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      ImageRequest request = ImageRequest.newBuilder().setReference(reference).build();
      try (Connection connection = session.connect()) {
        InspectImageResponse image = connection.call(stub -> stub.inspectImage(request));
        if (session.json()) {
          session.print(ImageJson.contents(image));
        } else {
          session.print(ImageText.contents(image));
        }
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      name = "remove",
      aliases = "rm",
      header = "Remove images from this node.",
      description = {
        "Layers that other images or tasks use stay. An image that tasks need is removed only with"
            + " --force; they go on, and cannot be made anew without it."
      },
      footer = {"  taskctl images remove web:1.26"})
  static final class Remove implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "Names or digests.")
    private List<String> references;

    @Option(names = "--force", description = "Also if tasks need it.")
    private boolean force;

    Remove(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      List<ImageEntry> removed = new ArrayList<>();
      try (Connection connection = session.connect()) {
        for (String reference : references) {
          RemoveImageRequest request =
              RemoveImageRequest.newBuilder().setReference(reference).setForce(force).build();
          removed.add(connection.call(stub -> stub.removeImage(request)).getImage());
        }
      } finally {
        showRemoved(session, removed);
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      name = "prune",
      header = "Remove the images that no task needs, and what interrupted pulls have left.",
      description = "Shows what it removes.",
      footer = {"  taskctl images prune --dry-run"})
  static final class Prune implements Callable<Integer> {
    private final Session session;

    @Option(names = "--dry-run", description = "Only show what would be removed.")
    private boolean dryRun;

    Prune(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      PruneImagesRequest request = PruneImagesRequest.newBuilder().setDryRun(dryRun).build();
      try (Connection connection = session.connect()) {
        showRemoved(session, connection.call(stub -> stub.pruneImages(request)).getImagesList());
      }
      return ExitStatus.OK;
    }
  }
}
