package org.lfedge.eve.tasks.core.containerd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
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
  private static final long MAX_WRITTEN = 4L << 20;
  private static final int MAX_OUTPUT = 64 * 1024;
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
      Files.createDirectories(own.resolve("root"));
      Files.createFile(output.stdout());
      Files.createFile(output.stderr());
      RootFilesystem root = new RootFilesystem.Directory(own.resolve("root").toString());
      String spec =
          SandboxSpec.of(
                  id, job, cgroupParent + "/" + id, architecture, layOut(own.resolve("root"), job))
              .json();
      ExitStatus exit = run(id, root, spec, output, job);
      return new SandboxResult(
          exit.code(), text(output.stdout()), text(output.stderr()), exit.oomKilled());
    } catch (IOException e) {
      throw failure(job.purpose(), e);
    } finally {
      tidy(own);
    }
  }

  /** Makes all places for mounts; gives those of the node's programs. */
  private static SortedMap<String, String> layOut(Path root, SandboxJob job) throws IOException {
    SortedMap<String, String> programs = new TreeMap<>();
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
    return programs;
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

  private ExitStatus run(
      String id, RootFilesystem root, String spec, OutputFiles output, SandboxJob job) {
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
  private static ExitStatus await(
      CompletableFuture<ExitStatus> exit, OutputFiles output, SandboxJob job)
      throws ExecutionException, InterruptedException {
    long deadline = System.nanoTime() + job.deadline().toNanos();
    while (System.nanoTime() < deadline && written(output) < MAX_WRITTEN) {
      try {
        return exit.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (TimeoutException e) {
        log.trace("{}: it still runs", job.purpose());
      }
    }
    return ExitStatus.unknown(Instant.now());
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

  private static String text(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(MAX_OUTPUT), StandardCharsets.UTF_8);
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
