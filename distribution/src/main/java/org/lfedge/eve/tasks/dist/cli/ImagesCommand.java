package org.lfedge.eve.tasks.dist.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.ImageEntry;
import org.lfedge.eve.tasks.core.api.v1.ImportImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.ListImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.ListImagesResponse;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "images",
    header = "Bring images to the node and show them.",
    footer = {"  taskctl images import web.oci.tar", "  taskctl images list"})
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class ImagesCommand implements Runnable {

  @Spec private CommandSpec spec;

  private ImagesCommand() {}

  static CommandLine with(Session session) {
    return new CommandLine(new ImagesCommand())
        .addSubcommand(new Import(session))
        .addSubcommand(new List(session));
  }

  @Override
  public void run() {
    throw new CommandLine.ParameterException(
        spec.commandLine(), "Missing command: import or list.");
  }

  private static void show(Session session, ListImagesResponse response) {
    if (session.json()) {
      ArrayNode array = JsonNodeFactory.instance.arrayNode();
      response.getImagesList().forEach(image -> array.add(TaskJson.image(image)));
      session.print(array);
    } else {
      Table table = new Table("NAME", "DIGEST", "SIZE");
      for (ImageEntry image : response.getImagesList()) {
        table.row(image.getName(), image.getDigest(), Quantities.bytes(image.getSizeBytes()));
      }
      session.print(table.toString());
    }
  }

  @Command(
      name = "import",
      header = "Bring in the images of an OCI layout or a docker-save archive.",
      description = {
        "Every blob is checked against its digest; if anything is wrong, nothing is kept. Shows the"
            + " images by the names that they are stored under."
      },
      footer = {"  taskctl images import web.oci.tar", "  taskctl images import layout/"})
  static final class Import implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "PATH", description = "A directory, or a tar archive, on the node.")
    private Path path;

    Import(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      ImportImagesRequest request =
          ImportImagesRequest.newBuilder()
              .setPath(path.toAbsolutePath().normalize().toString())
              .build();
      try (Connection connection = session.connect()) {
        show(session, connection.call(stub -> stub.importImages(request)));
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      name = "list",
      aliases = "ls",
      header = "Show the images on this node.",
      footer = {"  taskctl images list -o json | jq '.[].name'"})
  static final class List implements Callable<Integer> {
    private final Session session;

    List(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      try (Connection connection = session.connect()) {
        show(
            session,
            connection.call(stub -> stub.listImages(ListImagesRequest.getDefaultInstance())));
      }
      return ExitStatus.OK;
    }
  }
}
