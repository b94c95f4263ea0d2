package org.lfedge.eve.tasks.core.controller;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.ConfigResponse;
import org.lfedge.eve.tasks.core.files.DurableFiles;

/** The last config that was accepted, and the one before, on the disk. */
final class StoredConfigs {

  /** Of whom this node does not trust now, though it did: a matter of its config, not of files. */
  private static final Set<String> NOT_DAMAGED =
      Set.of(ControllerProblems.UNTRUSTED_CERTIFICATE, ControllerProblems.CERTIFICATE_EXPIRED);

  private static final String LAST = "lastconfig";
  private static final String BEFORE = "lastconfig.bak";

  private final DurableFiles files;
  private final Path file;
  private final Path before;

  StoredConfigs(Path stateDirectory) {
    this.files = new DurableFiles(stateDirectory);
    this.file = stateDirectory.resolve(LAST);
    this.before = stateDirectory.resolve(BEFORE);
  }

  /**
   * What was found.
   *
   * @param problems of files that are not used
   */
  record Loaded(Optional<Found> found, List<Problem> problems) {}

  /** A config that is verified, and when it was received. */
  record Found(ConfigResponse response, Instant received) {}

  /** Keeps a config in place of the last one, which becomes the one before. */
  void save(StoredConfig config) {
    try {
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        Files.move(file, before, StandardCopyOption.ATOMIC_MOVE);
      }
      files.write(LAST, config.toBytes());
    } catch (IOException e) {
      throw ControllerProblems.state("keep the config in " + file, e);
    }
  }

  /** Reads the last config, or the one before if it is of no use. A damaged file is moved aside. */
  Loaded load(List<X509Certificate> roots) {
    List<Problem> problems = new ArrayList<>();
    for (Path one : List.of(file, before)) {
      if (Files.exists(one, LinkOption.NOFOLLOW_LINKS)) {
        byte[] bytes;
        try {
          bytes = files.read(String.valueOf(one.getFileName()));
        } catch (IOException e) {
          problems.add(ControllerProblems.state("read the stored config " + one, e).first());
          continue;
        }
        try {
          StoredConfig stored = StoredConfig.of(bytes);
          return new Loaded(
              Optional.of(new Found(stored.verified(roots), stored.received())), problems);
        } catch (TaskException e) {
          problems.add(
              NOT_DAMAGED.contains(e.first().code())
                  ? e.first()
                  : damaged(one, e.first().code() + ": " + e.first().message()));
        } catch (IOException e) {
          problems.add(damaged(one, String.valueOf(e.getMessage())));
        }
      }
    }
    return new Loaded(Optional.empty(), problems);
  }

  private static Problem damaged(Path file, String why) {
    return DamagedFile.setAside("STORED_CONFIG_DAMAGED", "config", file, why);
  }
}
