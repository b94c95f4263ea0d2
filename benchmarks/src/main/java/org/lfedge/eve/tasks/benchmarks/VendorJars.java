package org.lfedge.eve.tasks.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;
import javax.tools.ToolProvider;
import org.lfedge.eve.tasks.spi.Executor;

/** Plugins of a vendor, each with an executor of its own name that seeds as little as possible. */
final class VendorJars {

  private static final String SOURCE =
      """
      package vendor.%1$s;
      import java.time.Duration;
      import java.util.List;
      import org.lfedge.eve.tasks.spi.*;
      import org.lfedge.eve.tasks.spi.seed.*;
      import org.lfedge.eve.tasks.spi.task.Root;
      public final class Main implements Executor {
        public ExecutorInfo info() {
          return ExecutorInfo.builder("%1$s", "measured").root(Root.Kind.IMAGE).build();
        }
        public Seed seed(SeedRequest request) {
          return Seed.builder(
                  Base.TASK, true, AnchorProcess.builder(List.of("/bin/sleep", "1")).build())
              .stop(StopPlan.signal("SIGTERM", Duration.ZERO))
              .build();
        }
      }
      """;

  private final Path directory;

  /** Makes them below a directory, which exists. */
  VendorJars(Path directory) {
    this.directory = directory;
  }

  /**
   * Makes a plugin.
   *
   * @param name of its executor, letters and digits
   */
  Path make(String name) throws IOException {
    Path source = Files.createDirectories(directory.resolve(name)).resolve("Main.java");
    Files.writeString(source, SOURCE.formatted(name));
    Path classes = Files.createDirectories(directory.resolve(name + "-classes"));
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "--release",
                "17",
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                "-d",
                classes.toString(),
                source.toString());
    if (status != 0) {
      throw new IOException("the executor " + name + " cannot be compiled");
    }
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest.getMainAttributes().putValue("Plugin-Id", name);
    manifest.getMainAttributes().putValue("Plugin-Version", "1.0.0");
    Path jar = directory.resolve(name + ".jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar), manifest)) {
      String main = "vendor/" + name + "/Main.class";
      entry(out, main, Files.readAllBytes(classes.resolve(main)));
      entry(
          out,
          "META-INF/services/" + Executor.class.getName(),
          ("vendor." + name + ".Main").getBytes(StandardCharsets.UTF_8));
    }
    return jar;
  }

  private static void entry(JarOutputStream out, String name, byte[] content) throws IOException {
    out.putNextEntry(new ZipEntry(name));
    out.write(content);
    out.closeEntry();
  }

  /** Brings a copy of a file to a place, as {@code mv} does. */
  static void drop(Path file, Path target) throws IOException {
    Path hidden = target.resolveSibling("." + target.getFileName());
    Files.copy(file, hidden, StandardCopyOption.REPLACE_EXISTING);
    Files.move(hidden, target, StandardCopyOption.ATOMIC_MOVE);
  }

  /** The digests of files, as a config names them. */
  static List<String> digests(List<Path> files) {
    return files.stream().map(VendorJars::digest).toList();
  }

  private static String digest(Path file) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file));
      return "sha256:" + HexFormat.of().formatHex(digest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has SHA-256", e);
    }
  }
}
