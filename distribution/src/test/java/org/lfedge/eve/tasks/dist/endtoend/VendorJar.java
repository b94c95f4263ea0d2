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

/** The JAR of an executor of a vendor, for tests. */
final class VendorJar {

  private final String name;
  private final Path jar;

  /**
   * Compiles an executor.
   *
   * @param name of the executor
   * @param simpleName of its class, in the package {@code vendor}
   */
  VendorJar(String name, String version, String simpleName, String source) {
    this.name = name;
    try {
      jar =
          PluginJar.of(name, version)
              .source(simpleName, source)
              .service("vendor." + simpleName)
              .writeTo(Files.createTempFile(name + "-", ".jar"));
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

  /** Drops it into the plugins directory of a node. */
  void addTo(PackagedNode node) {
    try {
      Files.createDirectories(node.pluginsDirectory());
      copyTo(node.pluginsDirectory().resolve(name + ".jar"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
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
