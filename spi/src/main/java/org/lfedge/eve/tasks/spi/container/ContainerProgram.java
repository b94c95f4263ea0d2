package org.lfedge.eve.tasks.spi.container;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;

/**
 * The program of an image, or of a directory with the command of the document, as a container runs
 * it: the document replaces the image's entrypoint and command both, a variable replaces the one of
 * its name, and so do working directory and user.
 *
 * @param process its arguments, variables, directory, user and init
 * @param stopSignal what asks it to end, such as {@code SIGTERM}
 */
public record ContainerProgram(AnchorProcess process, String stopSignal) {

  /**
   * What an init process takes that a document asks for. {@code tini-static} 0.19 on amd64 shows a
   * resident set of 704 KiB and page tables of 36 KiB, and has a kernel stack of 16 KiB.
   */
  public static final AnchorTax.Part INIT_TAX =
      new AnchorTax.Part(
          "init",
          Pool.CGROUP,
          1 << 20,
          "init is PID 1: 756 KiB measured with tini-static 0.19, rounded up to 1 MiB");

  /**
   * Reads the program of a task whose root is an image or a directory.
   *
   * @throws SeedException with code {@code NO_COMMAND}, {@code UNKNOWN_STOP_SIGNAL} or {@code
   *     MALFORMED_PROGRAM}
   */
  public static ContainerProgram of(SeedRequest request) throws SeedException {
    TaskConfig task = request.task();
    List<String> args = new ArrayList<>(task.command());
    List<String> env = List.of(Environment.DEFAULT_PATH);
    String workingDir = "/";
    String stopSignal = StopSignals.DEFAULT;
    if (request.image().isPresent()) {
      ResolvedImage image = request.image().get();
      if (args.isEmpty()) {
        args.addAll(image.entrypoint());
        args.addAll(image.command());
      }
      env = Environment.withPath(image.env());
      workingDir = image.workingDir();
      stopSignal = StopSignals.parse(image.stopSignal().orElse(StopSignals.DEFAULT));
    }
    if (args.isEmpty()) {
      throw new SeedException("NO_COMMAND", "command", "the root names no program; give a command");
    }
    try {
      return new ContainerProgram(
          AnchorProcess.builder(args)
              .env(Environment.merge(env, task.env()))
              .workingDir(task.workingDir().orElse(workingDir))
              .user(request.user().orElse(User.ROOT))
              .init(task.init())
              .build(),
          stopSignal);
    } catch (IllegalArgumentException malformed) {
      throw new SeedException(
          "MALFORMED_PROGRAM",
          "root",
          "the program of the root cannot be started as it is: " + malformed.getMessage());
    }
  }
}
