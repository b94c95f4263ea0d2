package org.lfedge.eve.tasks.core.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lfedge.eve.tasks.core.port.RootFilesystem;

class ShimProcessesIT {

  private final TestBed bed = SharedTestBed.bed();
  private final ContainerdClient client = SharedTestBed.client();
  private final ContainerdRuntime runtime = new ContainerdRuntime(client);
  private final ShimProcesses shims = new ShimProcesses(client.socket(), client.namespace());

  @TempDir Path bundle;

  @Test
  void aShimWithoutATaskIsEndedAndNoOther() throws Exception {
    RootFilesystem root = new RootFilesystem.LayeredDirectory(bed.busyboxRoot().toString());
    runtime.prepareRoot("watched", root);
    runtime.createContainer(
        "watched", root, bed.spec("watched", TestBed.WAITS_FOR_USR1), new TreeMap<>());
    int anchor = runtime.createTask("watched", root, bed.output("watched"));
    ProcessHandle watching = shim("watched");
    startShim("forgotten");
    ProcessHandle forgotten = shim("forgotten");

    assertEquals(List.of("forgotten"), runtime.endStrays(new TreeSet<>()));

    TestBed.await("the end of the shim", () -> !forgotten.isAlive());
    assertTrue(watching.isAlive());
    assertEquals(anchor, runtime.task("watched").orElseThrow().pid());
    assertEquals(List.of(), runtime.endStrays(new TreeSet<>(List.of("watched"))));

    runtime.signalTask("watched", 9, true);
    runtime.awaitExit("watched").get();
    runtime.deleteTask("watched");
    runtime.deleteContainer("watched");
    runtime.removeRoot("watched");
    TestBed.await("the end of the other", () -> !watching.isAlive());
  }

  private ProcessHandle shim(String id) {
    return Objects.requireNonNull(shims.running().get(id), "no shim for " + id);
  }

  /** As containerd does, in the directory of a bundle. */
  private void startShim(String id) throws Exception {
    Files.writeString(bundle.resolve("config.json"), "{}");
    Files.createFile(bundle.resolve("log"));
    Process start =
        new ProcessBuilder(
                "containerd-shim-runc-v2",
                "-namespace",
                client.namespace(),
                "-id",
                id,
                "-address",
                client.socket().toString(),
                "start")
            .directory(bundle.toFile())
            // It reads options from there until the end.
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(bundle.resolve("said").toFile())
            .start();
    assertEquals(0, start.waitFor(), () -> TestBed.read(bundle.resolve("said")));
  }
}
