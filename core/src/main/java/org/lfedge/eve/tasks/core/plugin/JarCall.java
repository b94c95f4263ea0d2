package org.lfedge.eve.tasks.core.plugin;

import java.nio.file.Path;
import java.util.List;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.seedprotocol.Answer;
import org.lfedge.eve.tasks.core.seedprotocol.Call;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.SeedException;

/**
 * Answers one call with the executor of a JAR: what runs in the sandbox of a JAR that nobody
 * vouches for. It is loaded just as the daemon loads others.
 */
public final class JarCall {

  private JarCall() {}

  /**
   * Answers a call.
   *
   * @param jar named by its digest, as {@code HEX.jar}
   * @param call in the form of the seed protocol
   * @return the answer in that form
   * @throws TaskException if the JAR cannot be loaded, or its executor fails
   */
  public static byte[] answer(Path jar, byte[] call) {
    try {
      return reply(jar, call);
    } catch (PluginRejection rejection) {
      throw TaskException.failed(
          Problem.host(rejection.code(), String.valueOf(rejection.getMessage())), rejection);
    }
  }

  private static byte[] reply(Path jar, byte[] request) {
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
