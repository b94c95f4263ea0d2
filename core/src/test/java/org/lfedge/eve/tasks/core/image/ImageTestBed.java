package org.lfedge.eve.tasks.core.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.containerd.ContainerdClient;
import org.lfedge.eve.tasks.core.containerd.ContainerdContent;
import org.lfedge.eve.tasks.core.containerd.PrivateContainerd;
import org.lfedge.eve.tasks.core.image.TestImages.Compression;
import org.lfedge.eve.tasks.core.policy.TrustPolicy;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.StoredImage;

/**
 * A containerd of its own with an image store on it, and a look at what it keeps by its own tool.
 * Closing it leaves no process, mount or file.
 */
public final class ImageTestBed implements AutoCloseable {

  private static final String NAMESPACE = "images";

  private final Path directory;
  private final PrivateContainerd containerd;
  private final ContainerdClient client;
  private final ContainerdContent content;
  private final Images images;

  /** Starts it. */
  public ImageTestBed() throws IOException {
    // Below /tmp: the path of a unix socket has little more than 100 bytes.
    directory = Files.createTempDirectory(Path.of("/tmp"), "image-it-");
    containerd =
        new PrivateContainerd(
            directory.resolve("root"), directory.resolve("state"), ImageTestBed::startTime);
    containerd.start();
    client = ContainerdClient.connect(containerd.socket(), NAMESPACE);
    content = new ContainerdContent(client);
    images =
        new Images(
            content,
            new FakeRegistries(),
            TrustPolicy.DEFAULT,
            Platform.linux("amd64"),
            LayerLimits.DEFAULT,
            directory);
  }

  private static OptionalLong startTime(int pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Integer.toString(pid), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
      return OptionalLong.of(Long.parseLong(fields[19]));
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  /** For whatever a test needs; goes with the test bed. */
  public Path directory() {
    return directory;
  }

  /** The connection to containerd. */
  public ContainerdClient client() {
    return client;
  }

  /** The image store. */
  public Images images() {
    return images;
  }

  /** Removes all image names, and with them all that they lead to. */
  void removeImages() {
    images.list().forEach(image -> content.deleteImage(image.name()));
  }

  /** Brings an image in through an archive. */
  StoredImage importImage(TestImages.Image image) {
    Path file = directory.resolve("made.tar");
    new TestImages().add("made:1", image).archive(file, Compression.NONE);
    return images.importFrom(file, PlatformChoice.usual()).get(0);
  }

  /** Everything that containerd keeps, as its own tool lists it; empty for nothing. */
  public String kept() {
    return ctr("images", "ls", "-q")
        + ctr("content", "ls", "-q")
        + ctr("leases", "ls", "-q")
        + ctr("snapshots", "ls").replaceFirst("KEY.*\n", "");
  }

  private String ctr(String... arguments) {
    String[] command = new String[arguments.length + 5];
    System.arraycopy(
        new String[] {"ctr", "-a", containerd.socket().toString(), "-n", NAMESPACE},
        0,
        command,
        0,
        5);
    System.arraycopy(arguments, 0, command, 5, arguments.length);
    return run(command);
  }

  /** Looks at unpacked layers through a mount. */
  void inRoot(String chainId, Consumer<Path> look) throws IOException {
    Path target = Files.createDirectory(directory.resolve("view"));
    String mount = ctr("snapshots", "view", "--target", target.toString(), "view", chainId);
    run("sh", "-c", mount);
    try {
      look.accept(target);
    } finally {
      run("umount", target.toString());
      ctr("snapshots", "rm", "view");
      Files.delete(target);
    }
  }

  /** Runs a program of the node that must succeed; gives what it printed. */
  public static String run(String... command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertTrue(process.waitFor(1, TimeUnit.MINUTES), "it does not end: " + List.of(command));
      assertEquals(0, process.exitValue(), () -> List.of(command) + ": " + output);
      return output;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() throws IOException {
    client.close();
    containerd.stop();
    try (var paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
