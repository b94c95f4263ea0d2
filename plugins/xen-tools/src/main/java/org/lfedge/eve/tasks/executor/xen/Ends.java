package org.lfedge.eve.tasks.executor.xen;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.lfedge.eve.tasks.spi.seed.ExitRule;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.seed.StopStep;

/**
 * How a domain is asked to end, and what its end means. xl exits with 0 however its domain ended,
 * but says in its log for what reason the domain shut down: a number of the hypervisor
 * (SHUTDOWN_poweroff and others, in xen/include/public/sched.h).
 */
final class Ends {

  private static final Duration DESTROY_GRACE = Duration.ofSeconds(20);

  private Ends() {}

  /** In the order in which they are looked at. */
  static List<ExitRule> rules(Domain domain) {
    List<ExitRule> rules = new ArrayList<>();
    if (domain.isProgram()) {
      // The init of the tools leaves the code behind before it powers off, and never reboots.
      rules.add(new ExitRule.CodeIn(Launcher.EXIT));
    }
    rules.add(reason("3", ExitRule.Outcome.CRASH, "the guest's kernel crashed"));
    rules.add(reason("4", ExitRule.Outcome.CRASH, "the guest's watchdog ran out"));
    if (domain.isProgram()) {
      rules.add(
          reason(
              "1",
              ExitRule.Outcome.CRASH,
              "the guest's kernel panicked, or was restarted from inside"));
      rules.add(
          reason(
              "0", ExitRule.Outcome.FAILURE, "the guest powered off before its program had ended"));
    } else {
      rules.add(reason("1", ExitRule.Outcome.REBOOT, "the guest rebooted"));
      rules.add(reason("0", ExitRule.Outcome.SUCCESS, "the guest powered off"));
    }
    rules.add(
        said(
            "cannot serve a disk",
            ExitRule.Outcome.FAILURE,
            "the device model could not serve a disk of the domain; the log of the task says why"));
    rules.add(
        said(
            "has been destroyed",
            ExitRule.Outcome.FAILURE,
            "the domain was destroyed, since it did not power off by itself, or by somebody else"));
    // Once it waits for a domain, xl has made it.
    rules.add(
        said(
            "Waiting for domain ",
            ExitRule.Outcome.FAILURE,
            "xl ended before its domain, which is destroyed"));
    rules.add(
        said(
            "Parsing config ",
            ExitRule.Outcome.FAILURE,
            "xl could not make the domain; the log of the task says why"));
    return rules;
  }

  private static ExitRule reason(String number, ExitRule.Outcome outcome, String text) {
    return said("has shut down, reason code " + number + " ", outcome, text);
  }

  private static ExitRule said(String line, ExitRule.Outcome outcome, String text) {
    return new ExitRule.Meaning(
        OptionalInt.empty(),
        Optional.of(new ExitRule.FileMatch(Launcher.LOG, line)),
        outcome,
        text);
  }

  /** Asks, then destroys. */
  static StopPlan stop(UUID domain, Duration grace) {
    return new StopPlan(
        List.of(
            new StopStep.Exec(Launcher.shutdown(domain), grace),
            new StopStep.Exec(Launcher.destroy(domain), DESTROY_GRACE)));
  }
}
