package org.lfedge.eve.tasks.core.volume;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Source;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.jar.JarReading;
import org.lfedge.eve.tasks.core.jar.MalformedJarException;
import org.lfedge.eve.tasks.core.volume.MountPoints.Staged;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;

/** JARs of the node, of which some files are read. */
final class JarSources {

  private final HostSources sources;

  JarSources(HostSources sources) {
    this.sources = sources;
  }

  /** See {@link org.lfedge.eve.tasks.core.port.Volumes#jar}. */
  Fact read(String task, VolumeConfig volume, FactQuery.JarFile query) {
    String what = KeptVolumes.what(task, volume);
    if (volume.source() instanceof Source.Fetched file && query.path().isEmpty()) {
      return read(
          what,
          "what was fetched as " + file.digest(),
          () -> sources.stageFetched(task, what, file.digest()),
          query);
    }
    if (volume.source() instanceof Source.DiskFile file && query.path().isEmpty()) {
      return read(task, what, file.path(), query);
    }
    if (volume.source() instanceof Source.HostPath directory && query.path().isPresent()) {
      return isIn(sources.check(what, directory.path(), true, false), query.path().get())
          ? read(task, what, directory.path() + "/" + query.path().get(), query)
          : Fact.absent(query);
    }
    throw new IllegalArgumentException(what + " is no JAR and no directory with one");
  }

  /**
   * Links that lead out of the directory lead nowhere inside the task. They may be changed after
   * this; what is read in the end is held against the node's policy by what it is.
   */
  private static boolean isIn(Path directory, String path) {
    try {
      Path file = directory.resolve(path).toRealPath();
      return file.startsWith(directory.toRealPath()) && Files.isRegularFile(file);
    } catch (IOException | InvalidPathException e) {
      return false;
    }
  }

  private Fact read(String task, String what, String path, FactQuery.JarFile query) {
    return read(what, path, () -> sources.stage(task, what, path, false, false), query);
  }

  private static Fact read(
      String what, String path, Supplier<Staged> staging, FactQuery.JarFile query) {
    try (Staged file = staging.get();
        FileChannel channel = FileChannel.open(file.path())) {
      return Fact.present(query, JarReading.values(channel, query.mainClass()));
    } catch (MalformedJarException e) {
      throw TaskException.failed(
          Problem.user(
              "NOT_A_JAR",
              what
                  + ": "
                  + path
                  + " is no JAR that could be run: "
                  + e.getMessage()
                  + "; see that the file was copied whole, and that it is the one that was meant"));
    } catch (IOException e) {
      throw DiskFiles.unreadable(Path.of(path), e);
    }
  }
}
