package org.lfedge.eve.tasks.dist.endtoend;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * A node on which tasks can be virtual machines, as {@code ./quickstart} sets it up: with the tools
 * image of qemu imported and named in its config. There is no need of KVM.
 */
final class VirtualMachines implements AutoCloseable {

  private final PackagedNode node;

  /**
   * Starts the node.
   *
   * @param more keys of its config
   */
  VirtualMachines(String more) {
    node = new PackagedNode(List.of(), more, VirtualMachines::withTools);
    try {
      node.taskctl("images", "import", toolsImage(node).toString()).expect(0);
      BusyboxImage.layout(node.documents().resolve("app"), "app:1", BusyboxImage.image());
      node.taskctl("images", "import", node.documents().resolve("app").toString()).expect(0);
    } catch (Throwable e) {
      node.close();
      throw e;
    }
  }

  private static Path toolsImage(PackagedNode node) {
    return node.directory().resolve("qemu-tools.oci.tar");
  }

  /** Names the image by its digest. */
  private static void withTools(PackagedNode node) {
    String image = DebianImages.make("qemu", toolsImage(node));
    try {
      Files.writeString(
          node.config(),
          "executors: {qemu: {tools: \"%s\"}}\n".formatted(image),
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Imports an image of busybox for another architecture, from the package of Debian that the tools
   * image was made with.
   */
  void importForeign(String name, String architecture) {
    Path busybox = node.directory().resolve("busybox-" + architecture);
    String cache = "${XDG_CACHE_HOME:-$HOME/.cache}/taskmanager/packages/" + architecture;
    Programs.run(
            List.of(
                "sh",
                "-c",
                "dpkg-deb --fsys-tarfile "
                    + cache
                    + "/archives/busybox-static_*.deb | tar -xO ./bin/busybox > "
                    + busybox))
        .expect(0);
    Path layout = node.documents().resolve(architecture);
    BusyboxImage.layout(layout, name, BusyboxImage.image(busybox, architecture));
    node.taskctl("images", "import", layout.toString()).expect(0);
  }

  PackagedNode node() {
    return node;
  }

  /**
   * Creates and starts a task with the image of busybox.
   *
   * @param executor {@code qemu} or {@code native-container}
   * @param command in YAML
   * @param more keys of the document
   */
  void run(String name, String executor, String command, String more) {
    node.taskctl("run", "-d", document(name, executor, "app:1", command, more)).expect(0);
  }

  String document(String name, String executor, String image, String command, String more) {
    return node.document(
        name + ".yaml",
        """
        name: %s
        executor: %s
        root: {image: "%s"}
        command: %s
        %s
        %s
        %s
        """
            .formatted(
                name,
                executor,
                image,
                command,
                more.contains("resources:") ? "" : "resources: {memory: 96MiB, cpus: 1}",
                more.contains("restart:") ? "" : "restart: {policy: never}",
                more));
  }

  JsonNode inspect(String name) {
    return node.json("inspect", name);
  }

  Anchor anchor(String name) {
    return Anchor.of(inspect(name));
  }

  /** Waits until a task is in a state, and returns what is known of it then. */
  JsonNode await(String name, String state) {
    JsonNode[] last = new JsonNode[1];
    Programs.await(
        name + " to be " + state,
        () -> {
          last[0] = inspect(name);
          return last[0].path("state").asText().equals(state);
        });
    return last[0];
  }

  /** What a task has written to its standard output. */
  String output(String name) {
    Path out = node.directory().resolve("state/logs").resolve(name).resolve("stdout");
    return Files.exists(out) ? Programs.read(out) : "";
  }

  void delete(String... names) {
    for (String name : names) {
      node.taskctl("delete", "--force", name).expect(0);
    }
  }

  @Override
  public void close() {
    node.close();
  }
}
