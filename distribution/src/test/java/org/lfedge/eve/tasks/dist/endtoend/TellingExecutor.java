package org.lfedge.eve.tasks.dist.endtoend;

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

  private TellingExecutor() {}

  /** Compiles it. */
  static VendorJar jar() {
    return new VendorJar(NAME, "1.0.0", "Telling", SOURCE);
  }
}
