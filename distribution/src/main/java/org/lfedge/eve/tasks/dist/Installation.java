package org.lfedge.eve.tasks.dist;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the files of this distribution lie.
 *
 * @param home the directory that the package was unpacked to
 */
record Installation(Path home) {

  /** Where the launchers in {@code bin} say it is. */
  static Installation find() {
    String home = System.getProperty("taskmanager.home", ".");
    return new Installation(Path.of(home).toAbsolutePath().normalize());
  }

  /** The version of this software; {@code development} if it does not run from its package. */
  static String version() {
    return Optional.ofNullable(Installation.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  /** The directory with the executors that belong to this distribution. */
  Path executors() {
    return home.resolve("executors");
  }

  /** The home of the Java runtime that belongs to it. */
  Path runtime() {
    return home.resolve("runtime");
  }

  /** The directory with its JARs. */
  Path libraries() {
    return home.resolve("lib");
  }
}
