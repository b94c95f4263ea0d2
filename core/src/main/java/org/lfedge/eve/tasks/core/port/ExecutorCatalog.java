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
   * @param file the name of the plugin's file
   * @param origin on which trust is keyed
   */
  record LoadedExecutor(
      Executor executor, String version, String digest, String file, Origin origin) {}

  /**
   * A plugin that could not be used.
   *
   * @param file its name
   * @param code stable, in capitals, such as {@code SUPERSEDED}
   * @param reason why, and what to do about it
   * @param offer what it would have served, if that is known
   */
  record Rejected(String file, String code, String reason, Optional<Offer> offer) {}

  /**
   * An executor that a file has and that does not serve.
   *
   * @param executor its name
   * @param version of the plugin
   * @param digest of the plugin's file, {@code sha256:...}
   */
  record Offer(String executor, String version, String digest) {}
}
