package org.lfedge.eve.tasks.executor.qemu;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.lfedge.eve.tasks.spi.seed.ExitRule;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.seed.StopStep;

/**
 * How a guest is asked to end, and what its end means. QEMU exits with 1 for a panic and for a bad
 * argument alike, and with 0 for a reset; but it writes the reason of its end to the answers of
 * QMP, which are a file.
 */
final class Ends {

  /** QEMU ends at once on it; a guest that did not end by itself is switched off. */
  private static final StopStep SWITCH_OFF = new StopStep.Signal("SIGTERM", Duration.ofSeconds(5));

  private static final String ANSWERS = "qmp.out";

  private Ends() {}

  /** In the order in which they are looked at. */
  static List<ExitRule> rules(Guest guest) {
    ExitRule panic = reason("guest-panic", ExitRule.Outcome.CRASH, "the guest's kernel panicked");
    ExitRule switchedOff =
        reason(
            "host-signal",
            ExitRule.Outcome.FAILURE,
            "the guest was switched off, since it did not power off by itself");
    if (!guest.isProgram()) {
      return List.of(
          panic,
          switchedOff,
          reason("guest-reset", ExitRule.Outcome.REBOOT, "the guest rebooted"),
          reason("guest-shutdown", ExitRule.Outcome.SUCCESS, "the guest powered off"));
    }
    // The init of the tools leaves the code behind before it powers off, and never reboots.
    return List.of(
        new ExitRule.CodeIn("control.out"),
        panic,
        switchedOff,
        reason(
            "guest-reset",
            ExitRule.Outcome.CRASH,
            "the guest's kernel panicked, or was restarted from inside"),
        reason(
            "guest-shutdown",
            ExitRule.Outcome.FAILURE,
            "the guest powered off before its program had ended"));
  }

  private static ExitRule reason(String reason, ExitRule.Outcome outcome, String text) {
    return new ExitRule.Meaning(
        OptionalInt.empty(),
        Optional.of(new ExitRule.FileMatch(ANSWERS, "\"reason\": \"" + reason + "\"")),
        outcome,
        text);
  }

  /** Asks, then switches off. */
  static StopPlan stop(Guest guest, Duration grace) {
    List<String> request =
        guest.isProgram()
            ? Launcher.tell("control", "stop")
            : guest.options().agent()
                ? Launcher.tell(
                    "agent",
                    new JsonObject()
                        .put("execute", "guest-shutdown")
                        .put("arguments", new JsonObject().put("mode", "powerdown"))
                        .toString())
                : Launcher.tell(
                    "qmp", new JsonObject().put("execute", "system_powerdown").toString());
    return new StopPlan(List.of(new StopStep.Exec(request, grace), SWITCH_OFF));
  }
}
