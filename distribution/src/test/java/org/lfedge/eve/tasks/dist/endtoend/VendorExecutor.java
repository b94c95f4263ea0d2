package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.lfedge.eve.tasks.core.plugin.PluginJar;

/**
 * A version of an executor of a vendor, for tests: runs the command of a document with its own
 * version in the variable {@code VERSION}.
 */
final class VendorExecutor {

  static final String NAME = "vendor";

  private static final String SOURCE =
      """
      package vendor;
      import org.lfedge.eve.tasks.spi.*;
      import org.lfedge.eve.tasks.spi.seed.*;
      import org.lfedge.eve.tasks.spi.task.*;
      import java.util.*;
      public class Vendor implements Executor {
        public ExecutorInfo info() {
          return ExecutorInfo.builder("vendor", "a test").root(Root.Kind.DIRECTORY).build();
        }
        public Seed seed(SeedRequest request) throws SeedException {
          %s
          List<String> env = List.of("PATH=/bin", "VERSION=%s");
          TaskConfig task = request.task();
          return Seed.builder(
                  Base.TASK,
                  task.root().readOnly(),
                  AnchorProcess.builder(task.command()).env(env).build())
              .stop(StopPlan.signal("SIGTERM", task.stopGrace()))
              .build();
        }
      }
      """;

  private final Path jar;

  /** Compiles one. */
  VendorExecutor(String version) {
    this(version, "");
  }

  /**
   * Compiles one.
   *
   * @param first what it does before it makes a seed
   */
  VendorExecutor(String version, String first) {
    try {
      jar =
          PluginJar.of(NAME, version)
              .source("Vendor", SOURCE.formatted(first, version))
              .service("vendor.Vendor")
              .writeTo(Files.createTempFile("vendor-", ".jar"));
      jar.toFile().deleteOnExit();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** By which a node's policy trusts it. */
  String digest() {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(jar));
      return "sha256:" + HexFormat.of().formatHex(digest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  /** Copies it to a place, as {@code cp} does: over what is there. */
  void copyTo(Path file) {
    try {
      Files.write(file, Files.readAllBytes(jar));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Brings it to a place, as {@code mv} does: instead of what is there. */
  void moveTo(Path file) {
    try {
      Path hidden = Files.copy(jar, file.resolveSibling("." + file.getFileName()));
      Files.move(hidden, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
