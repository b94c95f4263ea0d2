package org.lfedge.eve.tasks.core.containerd;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The configuration file of a private containerd. */
final class PrivateContainerdConfig {

  /**
   * What the runtime of tasks does not use. Each costs memory, or does something on the node:
   * {@code opt} makes directories below {@code /opt}, {@code restart} wakes up to look for
   * containers to start again. Names that a version does not have are ignored by it.
   */
  private static final List<String> DISABLED =
      List.of(
          "io.containerd.cri.v1.images",
          "io.containerd.cri.v1.runtime",
          "io.containerd.grpc.v1.cri",
          "io.containerd.internal.v1.opt",
          "io.containerd.internal.v1.restart",
          "io.containerd.internal.v1.tracing",
          "io.containerd.monitor.v1.cgroups",
          "io.containerd.nri.v1.nri",
          "io.containerd.podsandbox.controller.v1.podsandbox",
          "io.containerd.snapshotter.v1.aufs",
          "io.containerd.snapshotter.v1.blockfile",
          "io.containerd.snapshotter.v1.btrfs",
          "io.containerd.snapshotter.v1.devmapper",
          "io.containerd.snapshotter.v1.erofs",
          "io.containerd.snapshotter.v1.zfs",
          "io.containerd.tracing.processor.v1.otlp");

  private PrivateContainerdConfig() {}

  /**
   * A file of version 2, which containerd 1.6 and 1.7 use as it is and 2.x converts.
   *
   * @param root for what is kept over reboots
   * @param state for what is not
   */
  static String toml(Path root, Path state, Path socket) {
    return """
        version = 2
        root = %s
        state = %s
        imports = []
        disabled_plugins = [
        %s
        ]

        [grpc]
          address = %s

        [debug]
          level = "warn"

        # Collect right after something was removed: the space of a removed layer is free at once.
        [plugins."io.containerd.gc.v1.scheduler"]
          deletion_threshold = 1
        """
        .formatted(
            quoted(root.toString()),
            quoted(state.toString()),
            DISABLED.stream().map(name -> "  " + quoted(name)).collect(Collectors.joining(",\n")),
            quoted(socket.toString()));
  }

  /** A basic string of TOML 1.0. */
  static String quoted(String text) {
    StringBuilder result = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                result.append('\\').appendCodePoint(c);
              } else if (c < 0x20 || c == 0x7f) {
                result.append(String.format("\\u%04X", c));
              } else {
                result.appendCodePoint(c);
              }
            });
    return result.append('"').toString();
  }
}
