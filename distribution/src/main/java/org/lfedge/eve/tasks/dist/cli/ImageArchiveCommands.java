package org.lfedge.eve.tasks.dist.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.ExportImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.ImportImagesRequest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** How images come to a node and leave it without a registry. */
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class ImageArchiveCommands {

  private ImageArchiveCommands() {}

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

    @Option(
        names = "--platform",
        defaultValue = "",
        paramLabel = "PLATFORM",
        description = {
          "Which of an image's platforms is brought in, such as arm64 or arm/v7; by default the"
              + " node's. Those that are here stay."
        })
    private String platform;

    Import(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      ImportImagesRequest request =
          ImportImagesRequest.newBuilder()
              .setPath(path.toAbsolutePath().normalize().toString())
              .setPlatform(platform)
              .build();
      try (Connection connection = session.connect()) {
        ImagesCommand.show(
            session, connection.call(stub -> stub.importImages(request)).getImagesList());
      }
      return ExitStatus.OK;
    }
  }

  @Command(
      name = "export",
      header = "Write images into an OCI layout, a tar archive.",
      description = {
        "Importing it on another node gives the same names and digests, and brings the signatures"
            + " along. Of an image for several platforms it holds those that are on this node."
      },
      footer = {"  taskctl images export web:1.27 --to web.oci.tar"})
  static final class Export implements Callable<Integer> {
    private final Session session;

    @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "Names or digests.")
    private List<String> references;

    @Option(
        names = "--to",
        required = true,
        paramLabel = "PATH",
        description = "The archive, on the node; one that is there is replaced.")
    private Path path;

    Export(Session session) {
      this.session = session;
    }

    @Override
    public Integer call() {
      ExportImagesRequest request =
          ExportImagesRequest.newBuilder()
              .addAllReferences(references)
              .setPath(path.toAbsolutePath().normalize().toString())
              .build();
      try (Connection connection = session.connect()) {
        ImagesCommand.show(
            session, connection.call(stub -> stub.exportImages(request)).getImagesList());
      }
      return ExitStatus.OK;
    }
  }
}
