package org.lfedge.eve.tasks.spi.contract;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.TimeZone;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.Violation.Rule;
import org.lfedge.eve.tasks.spi.seed.Seed;

/** One pass through {@code facts} and {@code seed}, as the core does it, and what came of it. */
final class ObservedCall {

  private final List<Violation> violations = new ArrayList<>();
  private final List<FactQuery> asked = new ArrayList<>();
  private @Nullable Seed seed;
  private @Nullable Refusal refusal;

  private ObservedCall() {}

  /** Makes the calls on the current thread; throws nothing that the executor throws. */
  static ObservedCall of(Executor executor, SeedRequest request) {
    ObservedCall call = new ObservedCall();
    WatchedRequest watched = new WatchedRequest(request, call.asked);
    ThreadState before = ThreadState.now();
    Rule failure = Rule.FACTS_FAIL;
    try {
      if (call.ask(executor, watched)) {
        failure = Rule.SEED_FAILS;
        call.seed = executor.seed(watched);
        if (call.seed == null) {
          call.violations.add(new Violation(Rule.SEED_FAILS, "seed() gave null"));
        }
      }
    } catch (SeedException refused) {
      call.refusal =
          new Refusal(
              refused.code(), refused.path(), Objects.requireNonNullElse(refused.getMessage(), ""));
    } catch (Throwable thrown) { // whatever a foreign executor throws is a finding
      if (watched.unasked().isEmpty()) {
        call.violations.add(new Violation(failure, "it threw " + thrown));
      }
    }
    watched
        .unasked()
        .forEach(query -> call.violations.add(new Violation(Rule.FACT_NOT_ASKED, "" + query)));
    watched.changed().forEach(name -> call.violations.add(new Violation(Rule.INPUT_CHANGED, name)));
    ThreadState after = ThreadState.now();
    if (!before.equals(after)) {
      before.restore();
      call.violations.add(new Violation(Rule.CONTEXT_CHANGED, "from " + before + " to " + after));
    }
    return call;
  }

  /** Asks until nothing new is wanted; false if that does not come to an end. */
  private boolean ask(Executor executor, WatchedRequest request) throws SeedException {
    List<Fact> known = new ArrayList<>();
    for (int round = 0; ; round++) {
      List<FactQuery> queries = executor.facts(request.task(), List.copyOf(known));
      if (queries == null || queries.stream().anyMatch(query -> query == null)) {
        violations.add(new Violation(Rule.FACTS_FAIL, "facts() gave null"));
        return false;
      }
      List<FactQuery> wanted =
          queries.stream().distinct().filter(query -> !asked.contains(query)).toList();
      if (wanted.isEmpty()) {
        return true;
      }
      if (round == Executor.MAX_FACT_ROUNDS) {
        violations.add(
            new Violation(
                Rule.FACTS_NEVER_SETTLE, "after " + round + " rounds it still asks for " + wanted));
        return false;
      }
      asked.addAll(wanted);
      wanted.forEach(query -> known.add(request.fact(query)));
    }
  }

  List<Violation> violations() {
    return violations;
  }

  /** The questions, in the order in which they were first asked. */
  List<FactQuery> asked() {
    return asked;
  }

  Optional<Seed> seed() {
    return Optional.ofNullable(seed);
  }

  Optional<Refusal> refusal() {
    return Optional.ofNullable(refusal);
  }

  boolean sameAnswer(ObservedCall other) {
    return seed().equals(other.seed()) && refusal().equals(other.refusal());
  }

  String answer() {
    return seed().map(Seed::toString).or(() -> refusal().map(Refusal::toString)).orElse("nothing");
  }

  /** What a {@link SeedException} said. */
  record Refusal(String code, String path, String message) {

    private static final Pattern CODE = Pattern.compile("[A-Z][A-Z0-9_]*");

    List<Violation> violations() {
      boolean clear = CODE.matcher(code).matches() && !message.isBlank();
      return clear ? List.of() : List.of(new Violation(Rule.REFUSAL_UNCLEAR, toString()));
    }
  }

  /** What a call could change behind the caller's back. */
  private record ThreadState(
      @Nullable ClassLoader context,
      boolean interrupted,
      String name,
      Locale locale,
      TimeZone timeZone) {

    static ThreadState now() {
      Thread thread = Thread.currentThread();
      return new ThreadState(
          thread.getContextClassLoader(),
          thread.isInterrupted(),
          thread.getName(),
          Locale.getDefault(),
          TimeZone.getDefault());
    }

    /** Undoes what a call did, so that one bad executor does not disturb what comes after it. */
    void restore() {
      Thread thread = Thread.currentThread();
      thread.setContextClassLoader(context);
      thread.setName(name);
      Locale.setDefault(locale);
      TimeZone.setDefault(timeZone);
      boolean unused = Thread.interrupted(); // clears it
      if (interrupted) {
        thread.interrupt();
      }
    }
  }
}
