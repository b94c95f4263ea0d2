package org.lfedge.eve.tasks.core.host;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.OutputFiles;
import org.lfedge.eve.tasks.core.port.TaskFiles;
import org.lfedge.eve.tasks.core.port.TaskOutput;
import org.lfedge.eve.tasks.spi.seed.SeedFile;
import org.lfedge.eve.tasks.spi.task.User;

/**
 * Keeps the files of tasks: files of the seed and secrets below the runtime directory, which need
 * not outlive a reboot, as they are written again before each start. Output is kept elsewhere and
 * comes and goes with them.
 */
public final class TaskDirectories implements TaskFiles {

  private static final int MAX_SECRET_BYTES = 1 << 20;

  private final TaskOutput output;
  private final Path runtime;
  private final Predicate<String> allowedSource;

  /**
   * Keeps files in {@code runtime}, which is made when needed.
   *
   * @param allowedSource whether policy lets the content of a path, links resolved, reach a task
   */
  public TaskDirectories(TaskOutput output, Path runtime, Predicate<String> allowedSource) {
    this.output = output;
    this.runtime = runtime;
    this.allowedSource = allowedSource;
  }

  @Override
  public OutputFiles output(String task) {
    return output.files(task);
  }

  @Override
  public OutputFiles createOutput(String task) {
    return output.create(task);
  }

  @Override
  public Path seedFile(String task, int index) {
    return seedFiles(task).resolve(Integer.toString(index));
  }

  private Path seedFiles(String task) {
    return runtime.resolve(task).resolve("files");
  }

  @Override
  public void writeSeedFiles(String task, List<SeedFile> files) {
    try {
      makePrivate(runtime.resolve(task).resolve("files"));
      for (int i = 0; i < files.size(); i++) {
        Path path = seedFile(task, i);
        Files.deleteIfExists(path);
        Files.write(path, files.get(i).content());
        Files.setPosixFilePermissions(path, mode(files.get(i).mode()));
      }
    } catch (IOException e) {
      throw failure(task, e);
    }
  }

  @Override
  public Path secretsDirectory(String task) {
    return runtime.resolve(task).resolve("secrets");
  }

  @Override
  public void writeSecrets(String task, SortedMap<String, String> sources, User owner) {
    if (sources.isEmpty()) {
      return;
    }
    try {
      Path directory = secretsDirectory(task);
      makePrivate(directory);
      own(directory, owner);
      for (var secret : sources.entrySet()) {
        Path target = directory.resolve(secret.getKey());
        Files.deleteIfExists(target);
        byte[] content = readSecret(task, secret.getKey(), Path.of(secret.getValue()));
        Files.createFile(target, PosixFilePermissions.asFileAttribute(mode(0600)));
        Files.write(target, content);
        own(target, owner);
      }
    } catch (IOException e) {
      throw failure(task, e);
    }
  }

  private byte[] readSecret(String task, String name, Path source) throws IOException {
    if (!Files.isRegularFile(source)) {
      throw TaskException.failed(
          Problem.inDocument(
              "SECRET_NOT_FOUND",
              "env." + name,
              source,
              "the file of this secret of task " + task + " is not there; put it on the node"));
    }
    Path real = source.toRealPath();
    if (!allowedSource.test(real.toString())) {
      throw TaskException.failed(
          Problem.inDocument(
              "SOURCE_NOT_ALLOWED",
              "env." + name,
              source,
              "it leads to " + real + ", outside of policy.directories in the node's config"));
    }
    try (InputStream in = Files.newInputStream(real, LinkOption.NOFOLLOW_LINKS)) {
      byte[] content = in.readNBytes(MAX_SECRET_BYTES + 1);
      if (content.length > MAX_SECRET_BYTES) {
        throw TaskException.failed(
            Problem.inDocument(
                "SECRET_TOO_LARGE",
                "env." + name,
                source,
                "a secret has at most " + MAX_SECRET_BYTES + " bytes"));
      }
      return content;
    }
  }

  @Override
  public void remove(String task) {
    output.remove(task);
    removeTree(task, runtime.resolve(task));
  }

  @Override
  public List<String> tasks() {
    Set<String> names = new TreeSet<>(output.tasks());
    if (Files.isDirectory(runtime)) {
      try (Stream<Path> children = Files.list(runtime)) {
        children.forEach(child -> names.add(child.getFileName().toString()));
      } catch (IOException e) {
        throw failure("", e);
      }
    }
    return new ArrayList<>(names);
  }

  private static void makePrivate(Path directory) throws IOException {
    Files.createDirectories(directory, PosixFilePermissions.asFileAttribute(mode(0700)));
  }

  private static void own(Path path, User owner) throws IOException {
    Files.setAttribute(path, "unix:uid", owner.uid(), LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(path, "unix:gid", owner.gid(), LinkOption.NOFOLLOW_LINKS);
  }

  private static Set<PosixFilePermission> mode(int bits) {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    PosixFilePermission[] all = PosixFilePermission.values();
    for (int i = 0; i < all.length; i++) {
      if ((bits & (0400 >> i)) != 0) {
        permissions.add(all[i]);
      }
    }
    return permissions;
  }

  private static void removeTree(String task, Path root) {
    if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try (Stream<Path> tree = Files.walk(root)) {
      for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw failure(task, e);
    }
  }

  private static TaskException failure(String task, IOException cause) {
    return TaskException.failed(
        Problem.host("TASK_FILES", "cannot keep the files of task " + task + ": " + cause), cause);
  }
}
