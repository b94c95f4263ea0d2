package org.lfedge.eve.tasks.core.plugin;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.lfedge.eve.tasks.core.verification.Check;
import org.lfedge.eve.tasks.core.verification.ContractChecks;
import org.lfedge.eve.tasks.spi.Executor;

/**
 * Holds a JAR against what a node asks of it: it is loaded just as a node loads it, and its
 * executor is held against the contract. The code in it runs here, with all that it may do.
 */
public final class JarChecks {

  private static final String LOADS = "CAN_BE_LOADED";
  private static final String LOADS_TEXT =
      "the file is a JAR with Plugin-Id, Plugin-Version and a Plugin-Requires that this version of"
          + " the SPI fits, and META-INF/services names an executor that can be made";
  private static final String ONE = "ONE_EXECUTOR";
  private static final String ONE_TEXT =
      "a JAR has one executor, since that is what a sandbox can ask";

  private JarChecks() {}

  /**
   * Checks a JAR, and tells what it finds at once: the code in it may keep this from ending.
   *
   * @param directory for a copy of it; made if it does not exist
   * @param executor told the name and the version of the executor as soon as they are known
   * @throws IOException if the file cannot be read or copied
   */
  public static void run(
      Path jar, Path directory, BiConsumer<String, String> executor, Consumer<Check> found)
      throws IOException {
    try {
      JarCache cache = new JarCache(directory);
      Path copy = cache.keep(jar, JarCache.digest(jar));
      PluginJars.Loaded loaded =
          new PluginJars(directory).load(PluginZip.isZip(copy) ? cache.unpack(copy) : copy);
      List<GuardedExecutor> executors =
          Plugin.open(
                  String.valueOf(jar.getFileName()),
                  loaded.version(),
                  loaded.loader(),
                  PluginCatalog.Limits.DEFAULT.call(),
                  stuck -> {})
              .executors();
      found.accept(Check.kept(LOADS, LOADS_TEXT));
      List<String> names = executors.stream().map(known -> known.info().name()).toList();
      executor.accept(String.join(",", names), loaded.version());
      found.accept(
          names.size() == 1
              ? Check.kept(ONE, ONE_TEXT)
              : Check.broken(ONE, ONE_TEXT, "it has " + names + "; split it"));
      // Not by way of the guard of the daemon, which would hide some of what they do.
      for (ServiceLoader.Provider<Executor> provider :
          ServiceLoader.load(Executor.class, loaded.loader()).stream().toList()) {
        ContractChecks.of(provider).forEach(found);
      }
    } catch (PluginRejection rejection) {
      found.accept(
          Check.broken(LOADS, LOADS_TEXT, rejection.code() + ": " + rejection.getMessage()));
    }
  }
}
