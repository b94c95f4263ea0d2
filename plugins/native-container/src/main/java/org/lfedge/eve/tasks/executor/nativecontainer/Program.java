package org.lfedge.eve.tasks.executor.nativecontainer;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.container.Environment;
import org.lfedge.eve.tasks.spi.container.StopSignals;
import org.lfedge.eve.tasks.spi.task.SortedCopies;
import org.lfedge.eve.tasks.spi.task.User;

/**
 * What a root says of the program in it, before the document has its say.
 *
 * @param origin what the root is, for messages
 * @param args may be empty
 * @param env each {@code KEY=value}
 * @param workingDir absolute
 * @param user where the core has not resolved one
 * @param readOnly whether the root asks to be read-only
 * @param capabilities empty for the usual set of a container
 * @param stopSignal such as {@code SIGTERM}
 * @param annotations of the seed
 * @param oci merge patch on the runtime spec
 */
record Program(
    String origin,
    List<String> args,
    List<String> env,
    String workingDir,
    Optional<User> user,
    boolean readOnly,
    Optional<SortedSet<String>> capabilities,
    String stopSignal,
    SortedMap<String, String> annotations,
    Optional<String> oci) {

  Program {
    args = List.copyOf(args);
    env = List.copyOf(env);
    annotations = SortedCopies.mapOf(annotations);
  }

  /** Of a root that is files and nothing else. */
  static Program unnamed(String origin) {
    return new Program(
        origin,
        List.of(),
        List.of(Environment.DEFAULT_PATH),
        "/",
        Optional.empty(),
        false,
        Optional.empty(),
        StopSignals.DEFAULT,
        new TreeMap<>(),
        Optional.empty());
  }
}
