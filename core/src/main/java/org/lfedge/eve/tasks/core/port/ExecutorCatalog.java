package org.lfedge.eve.tasks.core.port;

import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.spi.Executor;

/** The executors that this node can use. */
public interface ExecutorCatalog {

  /** The executor that serves new tasks under a name. */
  Optional<LoadedExecutor> find(String name);

  /** All of them, by name. */
  List<LoadedExecutor> list();

  /** Plugins that could not be used, each with its reason, in the order of their files. */
  List<Rejected> rejected();

  /**
   * An executor and where it comes from.
   *
   * @param executor the function
   * @param version of the plugin that holds it
   * @param digest of the plugin's file, {@code sha256:...}
   * @param origin on which trust is keyed
   */
  record LoadedExecutor(Executor executor, String version, String digest, Origin origin) {}

  /** A plugin that could not be used. */
  record Rejected(String file, String code, String reason) {}
}
