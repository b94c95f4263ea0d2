package org.lfedge.eve.tasks.dist.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.lfedge.eve.tasks.core.api.v1.ImageEntry;
import org.lfedge.eve.tasks.core.api.v1.PullImageRequest;
import org.lfedge.eve.tasks.core.api.v1.PullImageResponse;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "pull",
    header = "Fetch images from their registries.",
    description = {
      "Every byte is checked against the digest that names it, and layers are checked before they"
          + " are unpacked. What is here already is not fetched again. A pull that is interrupted"
          + " can be gone on with for a day.",
      "Registries, credentials, mirrors, proxies and whom to trust are set in the node's config."
    },
    footer = {
      "  taskctl images pull registry.example/web:1.27",
      "  taskctl images pull --platform arm64 registry.example/web:1.27",
      "  taskctl images pull web@sha256:..."
    })
@SuppressWarnings("NullAway.Init") // picocli sets arguments
final class PullCommand implements Callable<Integer> {

  private final Session session;

  @Parameters(
      paramLabel = "IMAGE",
      arity = "1..*",
      description = "Names, with a tag, a digest or both.")
  private List<String> references;

  @Option(
      names = "--platform",
      defaultValue = "",
      paramLabel = "PLATFORM",
      description = {
        "Which of an image's platforms is fetched, such as arm64 or arm/v7; by default the node's."
            + " Those that are here stay."
      })
  private String platform;

  PullCommand(Session session) {
    this.session = session;
  }

  @Override
  public Integer call() {
    List<ImageEntry> pulled = new ArrayList<>();
    try (Connection connection = session.connect()) {
      for (String reference : references) {
        PullImageRequest request =
            PullImageRequest.newBuilder().setReference(reference).setPlatform(platform).build();
        try (PullDisplay display = PullDisplay.on(session)) {
          connection.drain(
              connection.call(stub -> stub.pullImage(request)),
              step -> {
                display.show(step);
                if (step.getStepCase() == PullImageResponse.StepCase.IMAGE) {
                  pulled.add(step.getImage());
                }
              });
        }
      }
    } finally {
      if (!pulled.isEmpty()) {
        ImagesCommand.show(session, pulled);
      }
    }
    return ExitStatus.OK;
  }
}
