package org.lfedge.eve.tasks.spi.contract;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.Violation.Rule;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.Root;

/**
 * Holds an executor against its contract. What it cannot see from outside, such as a file that is
 * opened or a clock that is read without effect on the seed, it does not find.
 */
public final class Contract {

  private Contract() {}

  /**
   * Calls one instance several times and compares.
   *
   * @param request must answer every fact that it is asked for
   * @return empty if the contract is kept
   */
  public static List<Violation> check(Executor executor, SeedRequest request) {
    return check(() -> executor, request);
  }

  /**
   * Calls several instances and compares.
   *
   * @param instances gives a new instance each time
   * @param request must answer every fact that it is asked for
   * @return empty if the contract is kept
   */
  public static List<Violation> check(Supplier<? extends Executor> instances, SeedRequest request) {
    Set<Violation> found = new LinkedHashSet<>();
    Executor first = instances.get();
    Executor second = instances.get();
    if (checkInfo(first, second, found)) {
      checkAnswers(first, second, request, found);
    }
    return List.copyOf(found);
  }

  /**
   * Checks an executor with generated requests of every kind of root, those that it does not
   * declare included.
   *
   * @param instances gives a new instance each time
   * @param seed the same seed gives the same requests
   * @param requestsPerKind at least 1; with 50, an executor that needs something particular will
   *     most likely have met it
   * @return empty if the contract is kept, else one example for each broken rule
   */
  public static List<Violation> verify(
      Supplier<? extends Executor> instances, long seed, int requestsPerKind) {
    Set<Violation> found = new LinkedHashSet<>();
    if (!checkInfo(instances.get(), instances.get(), found)) {
      return List.copyOf(found);
    }
    ExecutorInfo info = instances.get().info();
    for (Root.Kind kind : Root.Kind.values()) {
      boolean seeded = false;
      for (int i = 0; i < requestsPerKind; i++) {
        SeedRequest request = SampleRequests.of(info, kind, seed + i);
        found.addAll(check(instances, request));
        seeded |= ObservedCall.of(instances.get(), request).seed().isPresent();
      }
      if (info.rootKinds().contains(kind) && !seeded && found.isEmpty()) {
        found.add(
            new Violation(
                Rule.KIND_NEVER_SEEDED,
                kind + ": none of " + requestsPerKind + " generated requests gave a seed"));
      }
    }
    Set<Rule> named = EnumSet.noneOf(Rule.class);
    return found.stream().filter(violation -> named.add(violation.rule())).toList();
  }

  /**
   * Checks one seed, wherever it comes from, against what was asked for.
   *
   * @param info of the executor that made it
   * @return empty if it keeps all of the document that a seed must keep
   */
  public static List<Violation> checkSeed(Seed seed, SeedRequest request, ExecutorInfo info) {
    return SeedRules.check(seed, request, info);
  }

  /** Whether there is an answer to go on with. */
  private static boolean checkInfo(Executor first, Executor second, Set<Violation> found) {
    List<ExecutorInfo> answers = new ArrayList<>();
    for (Executor executor : List.of(first, first, second)) {
      try {
        ExecutorInfo info = executor.info();
        if (info == null) {
          found.add(new Violation(Rule.INFO_FAILS, "info() gave null"));
          return false;
        }
        answers.add(info);
      } catch (Throwable thrown) {
        found.add(new Violation(Rule.INFO_FAILS, "info() threw " + thrown));
        return false;
      }
    }
    if (answers.stream().distinct().count() > 1) {
      found.add(new Violation(Rule.INFO_CHANGES, "answers: " + answers));
    }
    return true;
  }

  private static void checkAnswers(
      Executor first, Executor second, SeedRequest request, Set<Violation> found) {
    ObservedCall call = ObservedCall.of(first, request);
    found.addAll(call.violations());
    compare(call, ObservedCall.of(first, request), "a second call", found);
    compare(call, ObservedCall.of(second, request), "another instance", found);
    if (found.isEmpty()) {
      checkContextRead(call, second, request, found);
    }
    call.refusal().ifPresent(refusal -> found.addAll(refusal.violations()));
    call.seed().ifPresent(seed -> found.addAll(SeedRules.check(seed, request, first.info())));
  }

  private static void compare(
      ObservedCall call, ObservedCall again, String by, Set<Violation> found) {
    if (!call.asked().equals(again.asked())) {
      found.add(
          new Violation(
              Rule.FACTS_CHANGE,
              by + " asked for " + again.asked() + " instead of " + call.asked()));
    } else if (!call.sameAnswer(again)) {
      found.add(
          new Violation(
              Rule.SEED_CHANGES, by + " gave " + again.answer() + ", not " + call.answer()));
    }
  }

  private static void checkContextRead(
      ObservedCall call, Executor executor, SeedRequest request, Set<Violation> found) {
    Thread thread = Thread.currentThread();
    ClassLoader context = thread.getContextClassLoader();
    thread.setContextClassLoader(null);
    try {
      ObservedCall without = ObservedCall.of(executor, request);
      if (!call.asked().equals(without.asked()) || !call.sameAnswer(without)) {
        found.add(
            new Violation(
                Rule.CONTEXT_READ,
                "without a context class loader it gave "
                    + without.answer()
                    + ", not "
                    + call.answer()));
      }
    } finally {
      thread.setContextClassLoader(context);
    }
  }
}
