package org.lfedge.eve.tasks.core.controller;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.controller.Standing.Device;
import org.lfedge.eve.tasks.core.controller.Standing.Part;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks for the config again and again, and hands on what is new and good; once more, as long as the
 * receiver fails on it.
 */
final class Polling implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(EdgeController.class);

  /** Refusals after which the controller may know this node by another UUID. */
  private static final Set<String> DOUBTFUL =
      Set.of(ControllerProblems.DENIED, ControllerProblems.UNKNOWN_DEVICE);

  private final ControllerSettings settings;
  private final ControllerConnection connection;
  private final OutgoingMessages messages;
  private final EdgeController.Receiver receiver;
  private final InstantSource clock;
  private final Schedule schedule;
  private final Standing standing;
  private final StoredConfigs stored;
  private @Nullable Begun begun;

  /** Of the last config that was accepted. */
  private Optional<ConfigMark> last = Optional.empty();

  /** The last config, as long as it is not handed on. */
  private Optional<StoredConfigs.Found> waiting = Optional.empty();

  private Duration interval;

  /** What there is once the root certificates could be read. */
  private record Begun(ControllerClient client, Onboarding onboarding) {}

  Polling(
      ControllerSettings settings,
      ControllerConnection connection,
      OutgoingMessages messages,
      EdgeController.Receiver receiver,
      InstantSource clock,
      Schedule schedule,
      Standing standing) {
    this.settings = settings;
    this.connection = connection;
    this.messages = messages;
    this.receiver = receiver;
    this.clock = clock;
    this.schedule = schedule;
    this.standing = standing;
    this.stored = new StoredConfigs(settings.stateDirectory());
    this.interval = settings.interval();
  }

  /** Until the thread is interrupted. */
  @Override
  public void run() {
    int failures = 0;
    while (!Thread.currentThread().isInterrupted()) {
      Optional<Problem> problem = round();
      if (Thread.currentThread().isInterrupted()) {
        return;
      }
      failures = problem.isPresent() ? failures + 1 : 0;
      problem.ifPresentOrElse(
          one -> standing.failed(Part.CONFIG, one),
          () -> standing.succeeded(Part.CONFIG, clock.instant()));
      try {
        Duration pause =
            failures > 0 ? schedule.afterFailure(failures) : schedule.afterSuccess(interval);
        TimeUnit.NANOSECONDS.sleep(pause.toNanos());
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  /**
   * What waits is handed on first, as that needs no network; the controller is asked in any case,
   * as it may have a config by now that can be dealt with.
   */
  private Optional<Problem> round() {
    Optional<Problem> notTaken =
        attempt(
            () -> {
              begin();
              handOn();
            });
    Begun known = begun;
    if (known == null) {
      return notTaken;
    }
    notTaken.ifPresent(problem -> standing.failed(Part.CONFIG, problem));
    Optional<Problem> unheard = attempt(() -> poll(known));
    return unheard.isEmpty() && waiting.isPresent() ? notTaken : unheard;
  }

  private static Optional<Problem> attempt(Runnable step) {
    try {
      step.run();
      return Optional.empty();
    } catch (TaskException e) {
      return Optional.of(e.first());
    } catch (RuntimeException e) {
      LOG.error("A config cannot be dealt with", e);
      return Optional.of(
          Problem.internal(
              "CONFIG_NOT_TAKEN",
              "a config of the controller cannot be dealt with: "
                  + e
                  + "; please report this, with what the log says"));
    }
  }

  private void begin() {
    if (begun == null) {
      List<X509Certificate> roots = ControllerCertificates.roots(settings.rootCertificate());
      ControllerClient client = new ControllerClient(connection, roots, clock);
      StoredConfigs.Loaded loaded = stored.load(roots);
      loaded.problems().forEach(problem -> standing.failed(Part.CONFIG, problem));
      last = loaded.found().map(found -> ConfigMark.of(found.response()));
      waiting = loaded.found();
      begun = new Begun(client, new Onboarding(settings, client, messages, standing));
    }
  }

  private void handOn() {
    if (waiting.isPresent()) {
      EdgeDevConfig config = waiting.get().response().getConfig();
      receiver.configured(config);
      interval = Schedule.interval(config, settings.interval());
      standing.config(waiting.get().received());
      waiting = Optional.empty();
    }
  }

  private void poll(Begun known) {
    Device device = known.onboarding().device();
    standing.device(device);
    Optional<ControllerClient.Fetched> fetched;
    try {
      fetched =
          known
              .client()
              .config(device.identity(), device.uuid(), last.map(ConfigMark::hash).orElse(""));
    } catch (TaskException e) {
      if (DOUBTFUL.contains(e.first().code())) {
        known.onboarding().doubt();
      }
      throw e;
    }
    fetched.ifPresent(config -> take(config, device.uuid()));
  }

  private void take(ControllerClient.Fetched fetched, String uuid) {
    ConfigMark mark = ConfigMark.of(fetched.response());
    if (last.map(mark::isSame).orElse(false)) {
      return;
    }
    mark.check(uuid, last);
    Instant received = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    stored.save(new StoredConfig(fetched.envelope(), fetched.certificates(), received));
    last = Optional.of(mark);
    waiting = Optional.of(new StoredConfigs.Found(fetched.response(), received));
    handOn();
  }
}
