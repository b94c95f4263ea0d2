package org.lfedge.eve.tasks.core.spec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.policy.Grants;
import org.lfedge.eve.tasks.spi.seed.Seed;

/** A directory with a busybox root in which runc runs assembled specs. */
final class RuncBundle {

  /** What a run left. */
  record Result(int code, String output) {}

  private final Path directory;
  private final Path networkNamespace;
  private int runs;

  RuncBundle() throws IOException, InterruptedException {
    directory = Files.createTempDirectory("spec-runc-");
    networkNamespace = Files.createFile(directory.resolve("netns"));
    Path programs = Files.createDirectories(root().resolve("bin"));
    for (String name : List.of("etc", "proc", "dev", "sys", "tmp")) {
      Files.createDirectory(root().resolve(name));
    }
    Files.copy(Path.of("/usr/bin/busybox"), programs.resolve("busybox"));
    Files.setPosixFilePermissions(
        programs.resolve("busybox"), PosixFilePermissions.fromString("rwxr-xr-x"));
    for (String name : List.of("sh", "cat", "grep", "id", "ls", "mknod", "mount", "hostname")) {
      Files.createSymbolicLink(programs.resolve(name), Path.of("busybox"));
    }
    require(command("unshare", "--net=" + networkNamespace, "true"));
  }

  Path directory() {
    return directory;
  }

  Path root() {
    return directory.resolve("rootfs");
  }

  /** Makes the root ready for /usr of the node to be mounted in it. */
  void useProgramsOfTheNode() throws IOException {
    removeTree(root().resolve("bin"));
    for (String name : List.of("bin", "lib", "lib64")) {
      Files.createSymbolicLink(root().resolve(name), Path.of("usr", name));
    }
  }

  /** A file of the node beside the root. */
  Path file(String name, String content, String permissions) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    return file;
  }

  SpecInputs inputs(List<Path> files, Optional<Path> secrets, Path init) {
    String architecture = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    return new SpecInputs(
        "web",
        new UUID(1, 2),
        256 << 20,
        1000,
        "/" + directory.getFileName(),
        networkNamespace,
        files,
        secrets,
        init,
        architecture);
  }

  SpecInputs inputs() {
    return inputs(List.of(), Optional.empty(), Path.of("/nothing"));
  }

  /** Assembles the spec of a seed and runs it to its end. */
  Result run(Seed seed, SpecInputs inputs, Grants grants) throws IOException, InterruptedException {
    Files.writeString(
        directory.resolve("config.json"), SpecAssembly.assemble(seed, inputs, grants).json());
    runs++;
    return runc("run", "--bundle", directory.toString(), id());
  }

  private String id() {
    return directory.getFileName() + "-" + runs;
  }

  private Result runc(String... arguments) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("runc", "--root", directory.resolve("runc").toString()));
    command.addAll(List.of(arguments));
    return command(command.toArray(String[]::new));
  }

  private Result command(String... command) throws IOException, InterruptedException {
    Path output = Files.createTempFile(directory, "output", "");
    Process process =
        new ProcessBuilder(command)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    return new Result(process.waitFor(), new String(Files.readAllBytes(output), UTF_8));
  }

  private static void require(Result result) {
    if (result.code() != 0) {
      throw new AssertionError(result.toString());
    }
  }

  /** Ends and removes all that was made. */
  void remove() throws IOException, InterruptedException {
    for (int run = runs; run > 0; run--) {
      runc("delete", "--force", directory.getFileName() + "-" + run);
    }
    require(command("umount", networkNamespace.toString()));
    removeTree(directory);
  }

  private static void removeTree(Path tree) throws IOException {
    try (Stream<Path> files = Files.walk(tree)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
