package org.lfedge.eve.tasks.core.directory;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.EdgeConfigs;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.watch.DirectoryWatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The config of a controller in files of the node: one file, or a directory whose files are one
 * config together, in the order of their names. Those that end in {@code .json} hold JSON, {@code
 * .pb} and {@code .binpb} protobuf. As long as one of them cannot be read, what was wanted before
 * is wanted still.
 */
public final class EdgeConfigFiles {

  private static final Logger log = LoggerFactory.getLogger(EdgeConfigFiles.class);

  private final Path place;
  private final Consumer<EdgeDevConfig> receiver;
  private @Nullable EdgeDevConfig last;
  private Optional<String> trouble = Optional.empty();

  private EdgeConfigFiles(Path place, Consumer<EdgeDevConfig> receiver) {
    this.place = place;
    this.receiver = receiver;
  }

  /**
   * Begins to watch, on a thread of its own; what is there is told at once.
   *
   * @param place a file, or a directory
   * @param receiver told of each config that differs from the one before
   * @return to be closed when it is to be watched no more
   */
  public static DirectoryWatch watch(Path place, Consumer<EdgeDevConfig> receiver) {
    EdgeConfigFiles files = new EdgeConfigFiles(place, receiver);
    Path directory = Files.isDirectory(place) ? place : place.resolveSibling(".").normalize();
    return DirectoryWatch.start("edge-config", directory, files::look);
  }

  private boolean look(DirectoryWatch.Seen seen) {
    if (seen.moving()) {
      return true;
    }
    try {
      EdgeDevConfig config = read();
      if (!config.equals(last)) {
        receiver.accept(config);
        last = config;
      }
      trouble = Optional.empty();
      return true;
    } catch (IOException | RuntimeException e) {
      String text = e instanceof TaskException known ? known.first().toString() : e.toString();
      if (!trouble.equals(Optional.of(text))) {
        log.error("the config in {} is not used: {}", place, text);
        trouble = Optional.of(text);
      }
      return false;
    }
  }

  private EdgeDevConfig read() throws IOException {
    EdgeDevConfig.Builder config = EdgeDevConfig.newBuilder();
    for (Path file : files()) {
      byte[] bytes;
      try (InputStream in = Files.newInputStream(file)) {
        bytes = in.readNBytes(EdgeConfigs.MAX_BYTES + 1);
      }
      try {
        config.mergeFrom(EdgeConfigs.parse(bytes, file.toString().endsWith(".json")));
      } catch (TaskException e) {
        throw TaskException.failed(
            Problem.user(e.first().code(), file + ": " + e.first().message()), e);
      }
    }
    return config.build();
  }

  private List<Path> files() throws IOException {
    if (!Files.isDirectory(place)) {
      if (Files.notExists(place)) {
        throw TaskException.failed(
            Problem.user("CONFIG_MISSING", "there is no file " + place + "; put it there"));
      }
      return List.of(place);
    }
    try (Stream<Path> files = Files.list(place)) {
      return files
          .filter(file -> file.getFileName().toString().matches("[^.].*\\.(json|pb|binpb)"))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    }
  }
}
