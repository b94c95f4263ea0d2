package org.lfedge.eve.tasks.executor.qemu;

import java.util.ArrayList;
import java.util.List;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.seed.AnchorProcess;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.User;

/**
 * The program that runs in a guest: the one that would be the anchor of a container, with the same
 * arguments, variables, directory and user. A test compares it with that of the executor for
 * containers.
 *
 * @param process as a container would run it
 * @param stopSignal what asks it to end, such as {@code SIGTERM}
 */
record GuestProgram(AnchorProcess process, String stopSignal) {

  /** Of an image, or of a directory, for which the document must name the program. */
  static GuestProgram of(SeedRequest request) throws SeedException {
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
      return new GuestProgram(
          AnchorProcess.builder(args)
              .env(Environment.merge(env, task.env()))
              .workingDir(task.workingDir().orElse(workingDir))
              .user(request.user().orElse(User.ROOT))
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
