package org.lfedge.eve.tasks.core.plugin;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.seedprotocol.Answer;
import org.lfedge.eve.tasks.core.seedprotocol.Call;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.SeedException;

/**
 * Answers one call with the executor of a JAR: the program of the sandbox in which a JAR runs that
 * nobody vouches for. It loads it just as the daemon loads others.
 */
public final class JarRunner {

  private JarRunner() {}

  /**
   * Writes the answer to the standard output.
   *
   * @param args the JAR, named by its digest, and the file with the call
   */
  public static void main(String[] args) throws IOException {
    // What the executor prints is no part of the answer.
    PrintStream answers = System.out;
    System.setOut(System.err);
    byte[] answer;
    try {
      answer = answer(Path.of(args[0]), Files.readAllBytes(Path.of(args[1])));
    } catch (PluginRejection rejection) {
      throw fail(rejection.code() + ": " + rejection.getMessage());
    } catch (TaskException failure) {
      throw fail(failure.first().toString());
    }
    answers.write(answer);
    answers.flush();
    // Threads of the executor's are nothing to wait for.
    Runtime.getRuntime().halt(0);
  }

  private static IllegalStateException fail(String why) {
    System.err.println(why);
    System.err.flush();
    Runtime.getRuntime().halt(1);
    return new IllegalStateException(why);
  }

  private static byte[] answer(Path jar, byte[] request) {
    PluginJars.Loaded loaded = new PluginJars(jar.resolveSibling(".")).load(jar);
    List<GuardedExecutor> executors =
        Plugin.open(
                String.valueOf(jar.getFileName()),
                loaded.version(),
                loaded.loader(),
                PluginCatalog.Limits.DEFAULT.call(),
                stuck -> {})
            .executors();
    if (executors.size() != 1) {
      throw new PluginRejection(
          "SEVERAL_EXECUTORS",
          "it has " + executors.size() + " executors, and in a sandbox a JAR has one; split it");
    }
    Executor executor = executors.get(0);
    try {
      return reply(executor, Call.fromBytes(request, executor.info().options())).toBytes();
    } catch (SeedException refused) {
      return Answer.Refusal.of(refused).toBytes();
    }
  }

  private static Answer reply(Executor executor, Call call) throws SeedException {
    if (call instanceof Call.Ask ask) {
      return new Answer.Questions(executor.facts(ask.task(), ask.known()));
    }
    if (call instanceof Call.MakeSeed make) {
      return new Answer.Made(executor.seed(make.request()));
    }
    return new Answer.Description(executor.info());
  }
}
