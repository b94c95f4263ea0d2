package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * A project that was generated from the archetype, as a vendor does it, and is built by Maven. What
 * this build would install is in a repository of its own; everything else is that of the user.
 */
final class VendorProject implements AutoCloseable {

  private static final Path USERS =
      Path.of(
          System.getProperty(
              "maven.repository", System.getProperty("user.home") + "/.m2/repository"));

  private static final String GROUP = "org/lfedge/eve/tasks";

  private final Path directory;
  private final Path repository;
  private final Path project;

  /** Generates it. */
  VendorProject(String artifact) {
    try {
      directory = Files.createTempDirectory("vendor-");
      repository = directory.resolve("repository");
      project = directory.resolve(artifact);
      String version = install();
      maven(
          directory,
          "org.apache.maven.plugins:maven-archetype-plugin:"
              + System.getProperty("maven.archetype.plugin", "3.4.1")
              + ":generate",
          "-DarchetypeCatalog=local",
          "-DarchetypeGroupId=org.lfedge.eve.tasks",
          "-DarchetypeArtifactId=executor-archetype",
          "-DarchetypeVersion=" + version,
          "-DgroupId=com.example",
          "-DartifactId=" + artifact,
          "-Dpackage=com.example.made");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path file(String name) {
    return project.resolve(name);
  }

  /** Compiles, tests and packs it. */
  Path jar() {
    maven(project, "package");
    return file("target/" + project.getFileName() + "-1.0.0.jar");
  }

  private void maven(Path where, String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("env", "-C", where.toString(), "mvn", "-B", "-ntp"));
    command.add("-Dmaven.repo.local=" + repository);
    command.addAll(List.of(arguments));
    Programs.run(command).expect(0);
  }

  /** The repository of the user, but for what is ours. Gives the version of that. */
  private String install() throws IOException {
    Path users = USERS.resolve("org");
    Path ours = Files.createDirectories(repository.resolve("org"));
    link(USERS, repository, "org");
    link(users, ours, "lfedge");
    Path archetype = jar("archetype", "executor-archetype");
    String version =
        archetype.getFileName().toString().replaceAll("^executor-archetype-|\\.jar$", "");
    install("taskmanager", version, Path.of("..", "pom.xml"));
    install("taskmanager-spi", version, Path.of("..", "spi", "pom.xml"));
    Files.copy(jar("spi", "taskmanager-spi"), installed("taskmanager-spi", version, "jar"));
    install("executor-archetype", version, Path.of("..", "archetype", "pom.xml"));
    Files.copy(archetype, installed("executor-archetype", version, "jar"));
    return version;
  }

  private static void link(Path from, Path to, String except) throws IOException {
    try (Stream<Path> entries = Files.list(from)) {
      for (Path entry : entries.filter(path -> !path.endsWith(except)).toList()) {
        Files.createSymbolicLink(to.resolve(entry.getFileName()), entry.toAbsolutePath());
      }
    }
  }

  private static Path jar(String module, String artifact) throws IOException {
    try (Stream<Path> files = Files.list(Path.of("..", module, "target"))) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(artifact + "-"))
          .filter(file -> file.toString().endsWith(".jar"))
          .filter(file -> !file.toString().endsWith("-tests.jar"))
          .findFirst()
          .orElseThrow(() -> new AssertionError("build " + module + " first"));
    }
  }

  private void install(String artifact, String version, Path pom) throws IOException {
    Path file = installed(artifact, version, "pom");
    Files.createDirectories(file.getParent());
    Files.copy(pom, file);
  }

  private Path installed(String artifact, String version, String type) {
    return repository.resolve(
        "%s/%s/%s/%s-%s.%s".formatted(GROUP, artifact, version, artifact, version, type));
  }

  @Override
  public void close() {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
