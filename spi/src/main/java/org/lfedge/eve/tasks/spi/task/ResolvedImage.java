package org.lfedge.eve.tasks.spi.task;

import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/** An OCI image that is on the node: its identity, and what its config says. */
public interface ResolvedImage {

  /** The digest of its manifest, {@code sha256:...}. */
  String digest();

  /** Such as {@code linux}. */
  String os();

  /** In Go's words: {@code amd64}, {@code arm64}. */
  String architecture();

  Optional<String> variant();

  List<String> entrypoint();

  List<String> command();

  /** In order, each {@code KEY=value}. */
  List<String> env();

  /** Absolute; {@code /} if the config gives none. */
  String workingDir();

  /** Such as {@code SIGQUIT}. */
  Optional<String> stopSignal();

  SortedMap<String, String> labels();
}
