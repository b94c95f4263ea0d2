package org.lfedge.eve.tasks.core.containerd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.ContainerRuntime;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.RootFilesystem;
import org.lfedge.eve.tasks.core.port.Sandbox;
import org.lfedge.eve.tasks.core.port.SandboxJob;
import org.lfedge.eve.tasks.core.port.SandboxResult;
import org.lfedge.eve.tasks.core.port.SandboxResult.Exceeded;
import org.lfedge.eve.tasks.core.spec.SandboxSpec;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs each job as a container with a name that no task can have. What a killed daemon leaves of
 * one is on no record, and is removed like anything else that is not.
 */
public final class ContainerdSandbox implements Sandbox {

  /** Task names have no capitals. */
  private static final String PREFIX = "Sandbox-";

  private static final Logger log = LoggerFactory.getLogger(ContainerdSandbox.class);

  private static final int SIGKILL = 9;
  private static final long LOOK_MILLIS = 200;

  /** Of what is written, before it is killed: for each byte that is read, and at least. */
  private static final long SLACK = 4;

  private static final long MIN_WRITTEN = 4L << 20;
  private static final long END_SECONDS = 60;

  /** Directories of programs and their libraries; links on most nodes, all into the first. */
  private static final List<String> PROGRAMS =
      List.of("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc/ld.so.cache");

  private final ContainerRuntime runtime;
  private final Path directory;
  private final String cgroupParent;
  private final String architecture;

  /**
   * Runs jobs in a runtime.
   *
   * @param directory where their roots and output lie while they run; what is in it now is removed
   * @param cgroupParent below which they get their cgroups
   * @param architecture of the node in Go's words, such as {@code amd64}
   */
  public ContainerdSandbox(
      ContainerRuntime runtime, Path directory, String cgroupParent, String architecture) {
    this.runtime = runtime;
    this.directory = directory;
    this.cgroupParent = cgroupParent;
    this.architecture = architecture;
    try {
      removeTree(directory);
    } catch (IOException e) {
      throw failure("remove what former sandboxes left in " + directory, e);
    }
  }

  @Override
  public SandboxResult run(SandboxJob job) {
    String id = PREFIX + UUID.randomUUID();
    Path own = directory.resolve(id);
    OutputFiles output = new OutputFiles(own.resolve("stdout"), own.resolve("stderr"));
    try {
      Files.createDirectories(own);
      Files.createFile(output.stdout());
      Files.createFile(output.stderr());
      SortedMap<String, String> programs = new TreeMap<>();
      RootFilesystem root = root(job, own.resolve("root"), programs);
      String spec = SandboxSpec.of(id, job, cgroupParent + "/" + id, architecture, programs).json();
      return run(id, root, spec, output, job);
    } catch (IOException e) {
      throw failure(job.purpose(), e);
    } finally {
      tidy(own);
    }
  }

  /** In the layers of an image, the runtime makes places for mounts in a layer of their own. */
  private static RootFilesystem root(
      SandboxJob job, Path directory, SortedMap<String, String> programs) throws IOException {
    if (job.root() instanceof SandboxJob.Root.Image image) {
      return new RootFilesystem.Layers(image.chainId());
    }
    Files.createDirectory(directory);
    layOut(directory, job, programs);
    return new RootFilesystem.Directory(directory.toString());
  }

  /** Makes all places for mounts, and tells those of the node's programs. */
  private static void layOut(Path root, SandboxJob job, SortedMap<String, String> programs)
      throws IOException {
    for (String name : PROGRAMS) {
      Path source = Path.of("/", name);
      if (Files.isSymbolicLink(source)) {
        Files.createSymbolicLink(root.resolve(name), Files.readSymbolicLink(source));
      } else if (Files.exists(source, LinkOption.NOFOLLOW_LINKS)) {
        place(root, name, Files.isDirectory(source));
        programs.put("/" + name, source.toString());
      }
    }
    place(root, "proc", true);
    place(root, "dev", true);
    for (SandboxJob.Bind bind : job.binds()) {
      place(root, bind.target().substring(1), Files.isDirectory(bind.source()));
    }
  }

  private static void place(Path root, String name, boolean directory) throws IOException {
    Path target = root.resolve(name);
    Files.createDirectories(target.resolveSibling(".").normalize());
    if (directory) {
      Files.createDirectory(target);
    } else {
      Files.createFile(target);
    }
  }

  private SandboxResult run(
      String id, RootFilesystem root, String spec, OutputFiles output, SandboxJob job)
      throws IOException {
    try {
      runtime.prepareRoot(id, root);
      runtime.createContainer(id, root, spec, new TreeMap<>());
      int unused = runtime.createTask(id, root, output);
      CompletableFuture<ExitStatus> exit = runtime.awaitExit(id);
      runtime.startTask(id);
      return await(exit, output, job);
    } catch (ExecutionException e) {
      throw failure(job.purpose(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(job.purpose(), e);
    } finally {
      remove(id);
    }
  }

  /** Ends early if the program writes more than anybody reads: the disk is the node's. */
  private static SandboxResult await(
      CompletableFuture<ExitStatus> exit, OutputFiles output, SandboxJob job)
      throws ExecutionException, InterruptedException, IOException {
    long deadline = System.nanoTime() + job.bounds().deadline().toNanos();
    long mostWritten = Math.max(MIN_WRITTEN, SLACK * job.bounds().outputBytes());
    while (System.nanoTime() < deadline) {
      if (written(output) > mostWritten) {
        return result(OptionalInt.empty(), Exceeded.OUTPUT, output, job);
      }
      try {
        ExitStatus ended = exit.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        Exceeded exceeded =
            ended.oomKilled()
                ? Exceeded.MEMORY
                : written(output) > mostWritten ? Exceeded.OUTPUT : Exceeded.NONE;
        return result(ended.code(), exceeded, output, job);
      } catch (TimeoutException e) {
        log.trace("{}: it still runs", job.purpose());
      }
    }
    return result(OptionalInt.empty(), Exceeded.TIME, output, job);
  }

  private static SandboxResult result(
      OptionalInt code, Exceeded exceeded, OutputFiles output, SandboxJob job) throws IOException {
    int most = job.bounds().outputBytes();
    return new SandboxResult(
        code, text(output.stdout(), most), text(output.stderr(), most), exceeded);
  }

  private void remove(String id) {
    if (runtime.task(id).isPresent()) {
      CompletableFuture<ExitStatus> end = runtime.awaitExit(id);
      if (runtime.signalTask(id, SIGKILL, true)) {
        awaitEnd(end);
      }
      runtime.deleteTask(id);
    }
    runtime.deleteContainer(id);
    runtime.removeRoot(id);
  }

  private static long written(OutputFiles output) {
    return output.stdout().toFile().length() + output.stderr().toFile().length();
  }

  private static void awaitEnd(CompletableFuture<ExitStatus> end) {
    ExitStatus unused = end.orTimeout(END_SECONDS, TimeUnit.SECONDS).join();
  }

  private static String text(Path file, int most) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(most), StandardCharsets.UTF_8);
    }
  }

  private static void tidy(Path own) {
    try {
      removeTree(own);
    } catch (IOException e) {
      log.warn("{}, of a sandbox that has ended, cannot be removed: {}", own, e.toString());
    }
  }

  /** Nothing of a sandbox is mounted in there as the node sees it. */
  private static void removeTree(Path tree) throws IOException {
    if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private static TaskException failure(String purpose, Exception cause) {
    return TaskException.failed(
        Problem.host(
            "SANDBOX_FAILED",
            "cannot " + purpose + ": its sandbox cannot be run: " + cause.getMessage()),
        cause);
  }
}
