package org.lfedge.eve.tasks.dist.endtoend;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.lfedge.eve.tasks.core.plugin.PluginJar;

/**
 * An executor of a vendor, for tests: runs the command of a document as {@code native-container}
 * would, with a state of 4 MiB at {@code /tmp/kept}, a runtime directory at {@code /tmp/run} whose
 * files {@code code} and {@code log} tell of the exit, and a console.
 */
final class TellingExecutor {

  static final String NAME = "telling";

  private static final String SOURCE =
      """
      package vendor;
      import org.lfedge.eve.tasks.spi.*;
      import org.lfedge.eve.tasks.spi.seed.*;
      import org.lfedge.eve.tasks.spi.task.*;
      import java.util.*;
      public class Telling implements Executor {
        public ExecutorInfo info() {
          return ExecutorInfo.builder("telling", "a test")
              .root(Root.Kind.DIRECTORY).root(Root.Kind.IMAGE).build();
        }
        public Seed seed(SeedRequest request) throws SeedException {
          List<String> env = new ArrayList<>(List.of("PATH=/bin"));
          request.task().env().forEach((key, value) -> env.add(key + "=" + value));
          AnchorProcess.Builder process = AnchorProcess.builder(request.task().command()).env(env);
          request.user().ifPresent(process::user);
          return Seed.builder(Base.TASK, request.task().root().readOnly(), process.build())
              .mount(new Mount(new Source.State("kept", 4 << 20), "/tmp/kept", false))
              .mount(new Mount(new Source.RuntimeDirectory(1 << 20), "/tmp/run", false))
              .exit(new ExitRule.CodeIn("code"))
              .exit(told("off", ExitRule.Outcome.SUCCESS, "it powered off"))
              .exit(told("reset", ExitRule.Outcome.REBOOT, "it rebooted"))
              .exit(told("panic", ExitRule.Outcome.CRASH, "it panicked"))
              .console(List.of("/bin/sh", "-c", CONSOLE))
              .stop(StopPlan.signal("SIGTERM", request.task().stopGrace()))
              .build();
        }
        private static final String CONSOLE =
            "echo console of $(id -u) in $PWD; while read line; do echo \\"is $line\\";"
                + " [ \\"$line\\" = end ] && exit 5;"
                + " [ \\"$line\\" = size ] && busybox stty size; done";
        private static ExitRule told(String word, ExitRule.Outcome outcome, String text) {
          return new ExitRule.Meaning(
              OptionalInt.empty(), Optional.of(new ExitRule.FileMatch("log", word)), outcome, text);
        }
      }
      """;

  private final Path jar;

  /** Compiles it. */
  TellingExecutor() {
    try {
      jar =
          PluginJar.of(NAME, "1.0.0")
              .source("Telling", SOURCE)
              .service("vendor.Telling")
              .writeTo(Files.createTempFile("telling-", ".jar"));
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

  /** Drops it into the plugins directory of a node whose daemon does not run yet. */
  void addTo(PackagedNode node) {
    try {
      Files.createDirectories(node.pluginsDirectory());
      Files.copy(jar, node.pluginsDirectory().resolve("telling.jar"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
