package org.lfedge.eve.tasks.core.verification;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.seedprotocol.Answer;
import org.lfedge.eve.tasks.core.seedprotocol.Call;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.Contract;
import org.lfedge.eve.tasks.spi.contract.SampleRequests;
import org.lfedge.eve.tasks.spi.contract.Violation;
import org.lfedge.eve.tasks.spi.contract.Violation.Rule;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.Root;

/** Holds an executor against its contract, rule by rule, with generated requests. */
public final class ContractChecks {

  private static final String TRAVELS = "TRAVELS_AS_JSON";
  private static final String TRAVELS_TEXT =
      "what is asked and answered is the same after it was written as JSON, as for a sandbox";

  /** The same requests each time, so that a vendor can look for the cause. */
  private static final long FIRST_REQUEST = 1;

  private static final int REQUESTS_PER_KIND = 50;

  private ContractChecks() {}

  /**
   * Calls an executor some thousand times.
   *
   * @param instances gives a new instance each time
   * @return one check for each rule
   */
  public static List<Check> of(Supplier<? extends Executor> instances) {
    Map<Rule, Violation> found = new EnumMap<>(Rule.class);
    for (Violation violation : Contract.verify(instances, FIRST_REQUEST, REQUESTS_PER_KIND)) {
      found.put(violation.rule(), violation);
    }
    boolean silent = found.containsKey(Rule.INFO_FAILS);
    List<Check> checks = new ArrayList<>();
    for (Rule rule : Rule.values()) {
      Violation violation = found.get(rule);
      if (violation != null) {
        String why = rule == Rule.KIND_NEVER_SEEDED ? refusals(instances.get()) : "";
        checks.add(Check.broken(rule.name(), rule.text(), violation.detail() + why));
      } else if (silent) {
        checks.add(Check.notChecked(rule.name(), rule.text(), "info() does not answer"));
      } else {
        checks.add(Check.kept(rule.name(), rule.text()));
      }
    }
    checks.add(
        found.isEmpty()
            ? travels(instances.get())
            : Check.notChecked(TRAVELS, TRAVELS_TEXT, "other rules are broken"));
    return checks;
  }

  /**
   * The rules that an executor was not held against, since it could not be asked.
   *
   * @param known what was checked before
   * @param why in a few words
   */
  public static List<Check> missing(List<Check> known, String why) {
    List<Check> missing = new ArrayList<>();
    for (Rule rule : Rule.values()) {
      if (known.stream().noneMatch(check -> check.rule().equals(rule.name()))) {
        missing.add(Check.notChecked(rule.name(), rule.text(), why));
      }
    }
    return missing;
  }

  /** Why an executor seeds nothing: what it says most often. */
  private static String refusals(Executor executor) {
    SortedMap<String, Integer> counts = new TreeMap<>();
    for (Root.Kind kind : executor.info().rootKinds()) {
      for (int i = 0; i < REQUESTS_PER_KIND; i++) {
        SeedRequest request = SampleRequests.of(executor.info(), kind, FIRST_REQUEST + i);
        try {
          var unused = answer(executor, request);
        } catch (SeedException refused) {
          counts.merge(refused.code() + ": " + refused.getMessage(), 1, Integer::sum);
        }
      }
    }
    return counts.entrySet().stream()
        .max(Map.Entry.comparingByValue())
        .map(most -> "; most are refused with " + most.getKey())
        .orElse("");
  }

  private static Seed answer(Executor executor, SeedRequest request) throws SeedException {
    var unused = asked(executor, request);
    return executor.seed(request);
  }

  private static Check travels(Executor executor) {
    ExecutorInfo info = executor.info();
    try {
      ExecutorInfo read = Answer.fromBytes(new Answer.Description(info).toBytes()).asInfo();
      if (!read.equals(info)) {
        return Check.broken(TRAVELS, TRAVELS_TEXT, "info() gives " + info + ", and read: " + read);
      }
    } catch (TaskException e) {
      return Check.broken(TRAVELS, TRAVELS_TEXT, "info(): " + e.first().message());
    }
    for (Root.Kind kind : info.rootKinds()) {
      for (int i = 0; i < REQUESTS_PER_KIND; i++) {
        SeedRequest request = SampleRequests.of(info, kind, FIRST_REQUEST + i);
        Optional<String> fault = fault(executor, info, request);
        if (fault.isPresent()) {
          return Check.broken(
              TRAVELS, TRAVELS_TEXT, "request " + i + " for root " + kind + ": " + fault.get());
        }
      }
    }
    return Check.kept(TRAVELS, TRAVELS_TEXT);
  }

  private static Optional<String> fault(Executor executor, ExecutorInfo info, SeedRequest request) {
    try {
      Call call = new Call.MakeSeed(request, asked(executor, request));
      Seed here = executor.seed(request);
      if (!(Call.fromBytes(call.toBytes(info.options()), info.options())
          instanceof Call.MakeSeed read)) {
        return Optional.of("another call was read");
      }
      Seed there =
          Answer.fromBytes(new Answer.Made(executor.seed(read.request())).toBytes()).asSeed();
      return here.equals(there) ? Optional.empty() : Optional.of("another seed is read");
    } catch (SeedException refused) {
      return Optional.empty();
    } catch (TaskException e) {
      return Optional.of(e.first().message());
    }
  }

  private static List<FactQuery> asked(Executor executor, SeedRequest request)
      throws SeedException {
    List<Fact> known = new ArrayList<>();
    for (int round = 0; round < Executor.MAX_FACT_ROUNDS; round++) {
      for (FactQuery query : executor.facts(request.task(), List.copyOf(known))) {
        if (known.stream().noneMatch(fact -> fact.query().equals(query))) {
          known.add(request.fact(query));
        }
      }
    }
    return known.stream().map(Fact::query).toList();
  }
}
