package org.lfedge.eve.tasks.core.sandboxed;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Sandbox;
import org.lfedge.eve.tasks.core.port.SandboxedExecutors;
import org.lfedge.eve.tasks.spi.Executor;

/** Executors in sandboxes, of programs in images and of JARs. */
public final class SeedSandboxes implements SandboxedExecutors {

  /** What of the manager's JARs loads a plugin and speaks the seed protocol. */
  private static final String OF_RUNNER =
      "{taskmanager-core,taskmanager-distribution,taskmanager-spi,jackson-annotations,jackson-core,"
          + "jackson-databind,pf4j,java-semver,slf4j-api}-*.jar";

  private final Conversations conversations;
  private final Path directory;
  private final Path runtime;
  private final Path libraries;

  /**
   * Makes executors that run in a sandbox.
   *
   * @param directory for calls and copies of JARs; made for its owner alone if it is not there, and
   *     emptied if it is
   * @param runtime the home of the Java runtime that runs JARs
   * @param libraries the directory with the JARs of the manager
   */
  public SeedSandboxes(Sandbox sandbox, Path directory, Path runtime, Path libraries) {
    this.conversations = new Conversations(sandbox, directory);
    this.directory = directory;
    this.runtime = runtime;
    this.libraries = libraries;
    try {
      Files.createDirectories(
          directory,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
        for (Path file : files) {
          Files.delete(file);
        }
      }
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  @Override
  public Executor ofJar(byte[] jar) {
    String hex = sha256(jar);
    Path file = directory.resolve(hex + ".jar");
    try {
      if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
        Path part = Files.createTempFile(directory, "copy", ".part");
        Files.write(part, jar);
        Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("r--r--r--"));
        Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException e) {
      throw unusable(e);
    }
    return ofJar(file, "sha256:" + hex);
  }

  @Override
  public Executor ofJar(Path jar, String digest) {
    try {
      return new SandboxedExecutor(
          conversations, new Code.Jar(digest, jar, runtime, libraries, needed()));
    } catch (IOException e) {
      throw unusable(e);
    }
  }

  private List<String> needed() throws IOException {
    List<String> needed = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(libraries, OF_RUNNER)) {
      for (Path file : files) {
        needed.add(String.valueOf(file.getFileName()));
      }
    }
    Collections.sort(needed);
    return needed;
  }

  @Override
  public Executor ofProgram(String digest, String chainId, String path) {
    return new SandboxedExecutor(conversations, new Code.Program(digest, chainId, path));
  }

  private TaskException unusable(IOException e) {
    return TaskException.failed(
        Problem.host("SANDBOX_DIRECTORY", "cannot keep files in " + directory + ": " + e), e);
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has SHA-256", e);
    }
  }
}
