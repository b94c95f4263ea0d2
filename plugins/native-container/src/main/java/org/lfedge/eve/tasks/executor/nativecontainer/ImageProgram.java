package org.lfedge.eve.tasks.executor.nativecontainer;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.container.Environment;
import org.lfedge.eve.tasks.spi.container.StopSignals;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;

/** Reads the program out of an image config. */
final class ImageProgram {

  /** Keys that the OCI image specification defines. */
  private static final String STANDARD_LABEL = "org.opencontainers.image.";

  /**
   * Stands before all other labels. Some annotations steer runtimes and shims, such as {@code
   * io.containerd.runc.v2.group}, and an image must not.
   */
  private static final String OTHER_LABEL = "org.lfedge.eve.tasks.label.";

  private static final int MAX_LABELS = 64;
  private static final int MAX_LABEL_KEY = 256;
  private static final int MAX_LABEL_VALUE = 1024;

  /** Other architectures whose programs a kernel runs as well. */
  private static final Map<String, String> ALSO_RUNS = Map.of("amd64", "386", "arm64", "arm");

  private ImageProgram() {}

  static Program of(SeedRequest request) throws SeedException {
    ResolvedImage image =
        request
            .image()
            .orElseThrow(() -> new SeedException("NO_IMAGE", "root.image", "there is no image"));
    requirePlatform(image, request.host().architecture());
    List<String> args = new ArrayList<>(image.entrypoint());
    args.addAll(image.command());
    return new Program(
        "the image",
        args,
        Environment.withPath(image.env()),
        image.workingDir(),
        Optional.empty(),
        false,
        Optional.empty(),
        StopSignals.parse(image.stopSignal().orElse(StopSignals.DEFAULT)),
        annotations(image.labels()),
        Optional.empty());
  }

  private static void requirePlatform(ResolvedImage image, String architecture)
      throws SeedException {
    boolean runs =
        image.architecture().equals(architecture)
            || image.architecture().equals(ALSO_RUNS.get(architecture));
    if (!image.os().equals("linux") || !runs) {
      throw new SeedException(
          "WRONG_PLATFORM",
          "root.image",
          "the image is for "
              + image.os()
              + "/"
              + image.architecture()
              + " and the node is linux/"
              + architecture
              + "; use an image for it, or an executor that emulates");
    }
  }

  /** Labels as annotations; what is beyond the bounds stays with the image. */
  private static SortedMap<String, String> annotations(SortedMap<String, String> labels) {
    TreeMap<String, String> annotations = new TreeMap<>();
    labels.forEach(
        (key, value) -> {
          if (annotations.size() < MAX_LABELS
              && !key.isEmpty()
              && key.length() <= MAX_LABEL_KEY
              && value.length() <= MAX_LABEL_VALUE) {
            annotations.put(key.startsWith(STANDARD_LABEL) ? key : OTHER_LABEL + key, value);
          }
        });
    return annotations;
  }
}
