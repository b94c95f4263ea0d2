package org.lfedge.eve.tasks.spi.task;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.UUID;

/** The task document as an executor sees it: checked, with all defaults filled in. */
public interface TaskConfig {

  /** Unique on the node, at most 63 characters, valid as a hostname. */
  String name();

  /** Stays the same for as long as the task exists. */
  UUID uuid();

  Root root();

  /** Replaces the image's entrypoint and command; empty if the document gives none. */
  List<String> command();

  /** Replaces the image's working directory; absolute. */
  Optional<String> workingDir();

  /**
   * Variables to set on top of the image's. A secret stands here as the path of the file below
   * {@code /run/secrets} that holds it.
   */
  SortedMap<String, String> env();

  /** Whether the core's tiny init shall be PID 1, reap orphans and forward signals. */
  boolean init();

  Resources resources();

  /** In the order of the document. */
  List<Volume> volumes();

  /** In the order of the document, which is the order in which they were made. */
  List<NetworkInterface> interfaces();

  /**
   * Devices of the node, in the order of the document, each of them once. The seed takes each of
   * them exactly once, as it stands here, or the executor refuses the task.
   */
  List<DeviceRequest> devices();

  /** The executor's own options, already checked against what it declares. */
  Options options();

  /** How long the first step of a stop may take before the next. */
  Duration stopGrace();
}
