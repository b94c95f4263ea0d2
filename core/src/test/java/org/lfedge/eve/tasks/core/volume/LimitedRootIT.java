package org.lfedge.eve.tasks.core.volume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.MIB;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.read;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.run;
import static org.lfedge.eve.tasks.core.volume.VolumeFixture.write;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.lfedge.eve.tasks.core.containerd.ContainerdRuntime;
import org.lfedge.eve.tasks.core.image.ImageTestBed;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.PlatformChoice;
import org.lfedge.eve.tasks.core.port.RootFilesystem;

/** Roots of tasks whose writable layer is on a disk of its own, with the real containerd. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LimitedRootIT {

  private static final String TASK = "limited";
  private static final String SPEC =
      """
      {"ociVersion": "1.0.2",
       "process": {"args": ["/bin/busybox", "sh", "-c", "%s"], "cwd": "/",
        "user": {"uid": 0, "gid": 0}},
       "root": {"path": "rootfs"},
       "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
        {"destination": "/dev", "type": "tmpfs", "source": "tmpfs"}],
       "linux": {"cgroupsPath": "/limited-root-it",
        "namespaces": [{"type": "pid"}, {"type": "mount"}]}}
      """;

  private final ImageTestBed bed;
  private final VolumeFixture node = new VolumeFixture();
  private final ContainerdRuntime runtime;

  LimitedRootIT() throws IOException {
    bed = new ImageTestBed();
    runtime = new ContainerdRuntime(bed.client());
  }

  @AfterEach
  void remove() {
    runtime.deleteContainer(TASK);
    runtime.removeRoot(TASK);
    node.volumes().release(TASK);
    node.assertNoLoops();
  }

  @AfterAll
  void stop() throws IOException {
    node.close();
    bed.close();
  }

  /** What a script prints in the root. */
  private String shell(RootFilesystem root, String script) throws IOException {
    OutputFiles output =
        new OutputFiles(node.directory().resolve("out"), node.directory().resolve("err"));
    write(output.stdout(), "");
    write(output.stderr(), "");
    runtime.prepareRoot(TASK, root);
    runtime.createContainer(TASK, root, SPEC.formatted(script), new TreeMap<>());
    int pid = runtime.createTask(TASK, root, output);
    assertTrue(pid > 1);
    var exit = runtime.awaitExit(TASK);
    runtime.startTask(TASK);
    ExitStatus status = exit.orTimeout(60, TimeUnit.SECONDS).join();
    runtime.deleteTask(TASK);
    assertTrue(status.success(), status + ": " + read(output.stderr()));
    return read(output.stdout());
  }

  private Path busyboxRoot() throws IOException {
    Path root = Files.createDirectories(node.directory().resolve("root"));
    for (String name : List.of("bin", "proc", "dev")) {
      Files.createDirectories(root.resolve(name));
    }
    if (!Files.exists(root.resolve("bin/busybox"))) {
      Files.copy(Path.of("/bin/busybox"), root.resolve("bin/busybox"));
    }
    return root;
  }

  private void assertLimited(RootFilesystem below) throws IOException {
    Path writable = node.volumes().prepareWritable(TASK, 16 * MIB);
    RootFilesystem root = new RootFilesystem.Limited(below, writable.toString());
    String said =
        shell(
            root,
            "echo kept > /kept; b=/bin/busybox; $b yes | $b dd of=/big bs=64k 2>&1;"
                + " $b stat -c %s /big; $b stat -c %a /");
    assertTrue(said.contains("No space left on device"), said);
    List<String> lines = said.lines().toList();
    long size = Long.parseLong(lines.get(lines.size() - 2));
    assertTrue(size > 8 * MIB && size < 16 * MIB, said);
    assertEquals("755", lines.get(lines.size() - 1));
    assertTrue(node.volumes().writableUse(TASK).orElseThrow().usedBytes() > 15 * MIB);
    assertEquals("kept\n", shell(root, "/bin/busybox rm /big; /bin/busybox cat /kept"));
    node.volumes().release("nobody");
    assertEquals("kept\n", shell(root, "/bin/busybox cat /kept"));
  }

  @Test
  void whatIsWrittenOverADirectoryHasALimitAndStaysOverStarts() throws IOException {
    Path below = busyboxRoot();
    assertLimited(new RootFilesystem.LayeredDirectory(below.toString()));
    assertTrue(Files.notExists(below.resolve("kept")));
  }

  @Test
  void whatIsWrittenOverAnImageHasALimitAndStaysOverStarts() throws IOException {
    Path work = Files.createDirectory(node.directory().resolve("image"));
    String layout = work.resolve("layout") + ":1";
    String bundle = work.resolve("bundle").toString();
    run("umoci", "init", "--layout", work.resolve("layout").toString());
    run("umoci", "new", "--image", layout);
    for (String layer : List.of("bin", "proc", "dev")) {
      run("umoci", "unpack", "--image", layout, bundle);
      run("cp", "-a", busyboxRoot().resolve(layer).toString(), bundle + "/rootfs/" + layer);
      run("umoci", "repack", "--image", layout, bundle);
      run("rm", "-r", bundle);
    }
    String archive = work.resolve("image.tar").toString();
    run(
        "skopeo",
        "copy",
        "oci:" + layout,
        "oci-archive:" + archive + ":registry.example/busybox:1");
    var image = bed.images().importFrom(Path.of(archive), PlatformChoice.usual()).get(0);
    assertLimited(new RootFilesystem.Layers(bed.images().unpack(image).chainId()));
  }
}
