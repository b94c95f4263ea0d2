package org.lfedge.eve.tasks.spi.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.lfedge.eve.tasks.spi.Executor;
import org.lfedge.eve.tasks.spi.ExecutorInfo;
import org.lfedge.eve.tasks.spi.Fact;
import org.lfedge.eve.tasks.spi.FactQuery;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.contract.Violation.Rule;
import org.lfedge.eve.tasks.spi.seed.Attachment;
import org.lfedge.eve.tasks.spi.seed.Base;
import org.lfedge.eve.tasks.spi.seed.BinaryFormat;
import org.lfedge.eve.tasks.spi.seed.Join;
import org.lfedge.eve.tasks.spi.seed.Mount;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.seed.Source;
import org.lfedge.eve.tasks.spi.seed.StopPlan;
import org.lfedge.eve.tasks.spi.task.DeviceRequest;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.TaskConfig;
import org.lfedge.eve.tasks.spi.task.View;

/** For each rule of the contract an executor that breaks it, and one that keeps them all. */
class ContractTest {

  private static final Map<Rule, Supplier<Executor>> BREAKERS = new EnumMap<>(Rule.class);

  /** Breaks a rule in {@code seed}, then goes on as the good one does. */
  interface Misdeed {
    void commit(SeedRequest request) throws SeedException;
  }

  static Supplier<Executor> seedDoing(Misdeed misdeed) {
    return () ->
        new GoodExecutor() {
          @Override
          public Seed seed(SeedRequest request) throws SeedException {
            misdeed.commit(request);
            return super.seed(request);
          }
        };
  }

  private static Supplier<Executor> infoGiving(Supplier<ExecutorInfo> info) {
    return () ->
        new GoodExecutor() {
          @Override
          public ExecutorInfo info() {
            return info.get();
          }
        };
  }

  interface Answer {
    Seed to(SeedRequest request) throws SeedException;
  }

  static Supplier<Executor> seedGiving(Answer answer) {
    return () ->
        new GoodExecutor() {
          @Override
          public Seed seed(SeedRequest request) throws SeedException {
            super.seed(request);
            return answer.to(request);
          }
        };
  }

  private static final Supplier<Executor> CONTEXT_CHANGER =
      seedDoing(
          request -> {
            Thread.currentThread().interrupt();
            Thread.currentThread().setContextClassLoader(null);
            Locale.setDefault(Locale.ROOT);
          });

  static {
    AtomicInteger counter = new AtomicInteger();
    BREAKERS.put(
        Rule.INFO_FAILS,
        infoGiving(
            () -> {
              throw new IllegalStateException("no info");
            }));
    BREAKERS.put(
        Rule.INFO_CHANGES,
        infoGiving(
            () ->
                ExecutorInfo.builder("good", "" + counter.incrementAndGet())
                    .root(Root.Kind.DIRECTORY)
                    .root(Root.Kind.HOST)
                    .build()));
    BREAKERS.put(
        Rule.FACTS_FAIL,
        () ->
            new GoodExecutor() {
              @Override
              public List<FactQuery> facts(TaskConfig task, List<Fact> known) {
                throw new StackOverflowError();
              }
            });
    BREAKERS.put(
        Rule.FACTS_CHANGE,
        () ->
            new GoodExecutor() {
              @Override
              public List<FactQuery> facts(TaskConfig task, List<Fact> known) {
                return known.isEmpty()
                    ? List.of(
                        GoodExecutor.FILE, new FactQuery.JsonFile("" + counter.incrementAndGet()))
                    : List.of();
              }
            });
    BREAKERS.put(
        Rule.FACTS_NEVER_SETTLE,
        () ->
            new GoodExecutor() {
              @Override
              public List<FactQuery> facts(TaskConfig task, List<Fact> known) {
                return List.of(new FactQuery.JsonFile("" + known.size()));
              }
            });
    BREAKERS.put(
        Rule.FACT_NOT_ASKED,
        seedDoing(request -> request.fact(new FactQuery.JsonFile("other.json"))));
    BREAKERS.put(
        Rule.SEED_FAILS,
        seedDoing(
            request -> {
              throw new NoClassDefFoundError("missing/Part");
            }));
    BREAKERS.put(
        Rule.SEED_CHANGES,
        seedGiving(
            request ->
                GoodExecutor.builder(request)
                    .annotation("n", "" + counter.incrementAndGet())
                    .build()));
    BREAKERS.put(
        Rule.CONTEXT_READ,
        seedGiving(
            request ->
                GoodExecutor.builder(request)
                    .annotation("c", "" + Thread.currentThread().getContextClassLoader())
                    .build()));
    BREAKERS.put(Rule.CONTEXT_CHANGED, CONTEXT_CHANGER);
    BREAKERS.put(
        Rule.INPUT_CHANGED, seedDoing(request -> request.task().command().add("one more")));
    BREAKERS.put(
        Rule.REFUSAL_UNCLEAR,
        seedDoing(
            request -> {
              throw new SeedException("no code", "", " ");
            }));
    BREAKERS.put(
        Rule.KIND_NOT_DECLARED,
        infoGiving(() -> ExecutorInfo.builder("good", "").root(Root.Kind.DIRECTORY).build()));
    BREAKERS.put(
        Rule.KIND_NEVER_SEEDED,
        infoGiving(
            () ->
                ExecutorInfo.builder("good", "")
                    .root(Root.Kind.DIRECTORY)
                    .root(Root.Kind.HOST)
                    .root(Root.Kind.IMAGE)
                    .build()));
    BREAKERS.put(
        Rule.ENV_LOST,
        seedGiving(
            request ->
                GoodExecutor.place(
                        request,
                        Seed.builder(
                            Base.TASK,
                            request.task().root().readOnly(),
                            GoodExecutor.process(List.of())),
                        false)
                    .build()));
    BREAKERS.put(
        Rule.READ_ONLY_LOST,
        seedGiving(
            request ->
                GoodExecutor.place(
                        request,
                        Seed.builder(
                            Base.TASK, false, GoodExecutor.builder(request).build().process()),
                        false)
                    .build()));
    BREAKERS.put(
        Rule.ROOT_NOT_PLACED,
        seedGiving(
            request ->
                GoodExecutor.builder(request)
                    .mount(new Mount(new Source.OfRoot(View.FILESYSTEM), "/x", true))
                    .build()));
    BREAKERS.put(
        Rule.NO_TOOLS,
        seedGiving(
            request ->
                GoodExecutor.place(
                        request,
                        Seed.builder(
                            Base.TOOLS, true, GoodExecutor.builder(request).build().process()),
                        false)
                    .mount(
                        new Mount(
                            new Source.OfRoot(View.FILESYSTEM),
                            "/x",
                            request.task().root().readOnly()))
                    .build()));
    BREAKERS.put(
        Rule.VOLUME_NOT_PLACED,
        seedGiving(
            request ->
                GoodExecutor.builder(request)
                    .mount(new Mount(new Source.OfVolume("no-such", View.FILE), "/x", true))
                    .build()));
    BREAKERS.put(
        Rule.VOLUME_READ_ONLY_LOST,
        seedGiving(
            request -> {
              Seed good = GoodExecutor.builder(request).build();
              return GoodExecutor.place(
                      request, Seed.builder(Base.TASK, good.readOnly(), good.process()), true)
                  .build();
            }));
    BREAKERS.put(
        Rule.ATTACHMENT_WITHOUT_INTERFACE,
        seedGiving(
            request ->
                GoodExecutor.builder(request)
                    .attachment(new Attachment("no-such", "tap0", 0, Join.BRIDGE))
                    .build()));
    BREAKERS.put(
        Rule.NO_USER_NAMESPACE,
        seedGiving(
            request ->
                GoodExecutor.builder(request)
                    .binaryFormat(new BinaryFormat("any", "7f45", "ffff", "/bin/any"))
                    .build()));
    BREAKERS.put(
        Rule.ANCHOR_WITHOUT_MEMORY,
        seedGiving(request -> GoodExecutor.builder(request).memory(Pool.HYPERVISOR).build()));
    BREAKERS.put(
        Rule.DEVICE_NOT_TAKEN,
        seedGiving(
            request ->
                GoodExecutor.builder(request).device(new DeviceRequest.Nic("no-such")).build()));
    BREAKERS.put(
        Rule.GRACE_EXCEEDED,
        seedGiving(
            request ->
                GoodExecutor.builder(request)
                    .stop(StopPlan.signal("SIGTERM", request.task().stopGrace().plusMillis(1)))
                    .build()));
  }

  @Test
  void anExecutorThatKeepsTheContractHasNoViolation() {
    assertEquals(List.of(), Contract.verify(GoodExecutor::new, 7, 50));
  }

  @Test
  void everyRuleHasAnExecutorThatBreaksIt() {
    assertEquals(EnumSet.allOf(Rule.class), BREAKERS.keySet());
  }

  @TestFactory
  Stream<DynamicTest> aBrokenRuleIsFoundAndNoOther() {
    return BREAKERS.entrySet().stream()
        .map(
            breaker ->
                DynamicTest.dynamicTest(
                    breaker.getKey().name(),
                    () -> {
                      List<Violation> found = Contract.verify(breaker.getValue(), 7, 50);
                      assertEquals(
                          EnumSet.of(breaker.getKey()), rules(found), () -> "found " + found);
                    }));
  }

  static EnumSet<Rule> rules(List<Violation> found) {
    EnumSet<Rule> rules = EnumSet.noneOf(Rule.class);
    found.forEach(violation -> rules.add(violation.rule()));
    return rules;
  }

  @Test
  void theThreadIsAsItWasAfterABadExecutor() {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    Locale locale = Locale.getDefault();
    List<Violation> found = Contract.verify(CONTEXT_CHANGER, 7, 1);
    assertFalse(found.isEmpty());
    assertSame(context, Thread.currentThread().getContextClassLoader());
    assertFalse(Thread.interrupted());
    assertEquals(locale, Locale.getDefault());
  }

  @Test
  void whatIsAskedInAnyOfThreeRoundsMayBeUsed() {
    Supplier<Executor> asksThreeTimes =
        () ->
            new GoodExecutor() {
              @Override
              public List<FactQuery> facts(TaskConfig task, List<Fact> known) {
                return known.size() == 3
                    ? List.of()
                    : known.size() == 2
                        ? List.of(GoodExecutor.FILE)
                        : List.of(new FactQuery.JsonFile("" + known.size()));
              }
            };
    assertEquals(List.of(), Contract.verify(asksThreeTimes, 7, 5));
  }

  @Test
  void nullAnswersAreFound() {
    Executor nullInfo = infoGiving(ContractTest::nothing).get();
    Executor nullSeed =
        new GoodExecutor() {
          @Override
          public Seed seed(SeedRequest request) {
            return nothing();
          }
        };
    Executor nullFacts =
        new GoodExecutor() {
          @Override
          public List<FactQuery> facts(TaskConfig task, List<Fact> known) {
            return nothing();
          }
        };
    Executor nullFact =
        new GoodExecutor() {
          @Override
          public List<FactQuery> facts(TaskConfig task, List<Fact> known) {
            List<FactQuery> queries = new ArrayList<>();
            queries.add(nothing());
            return queries;
          }
        };
    SeedRequest request = SampleRequests.of(GoodExecutor.INFO, Root.Kind.HOST, 1);
    assertEquals(EnumSet.of(Rule.INFO_FAILS), rules(Contract.check(nullInfo, request)));
    assertEquals(EnumSet.of(Rule.SEED_FAILS), rules(Contract.check(nullSeed, request)));
    assertEquals(EnumSet.of(Rule.FACTS_FAIL), rules(Contract.check(nullFacts, request)));
    assertEquals(EnumSet.of(Rule.FACTS_FAIL), rules(Contract.check(nullFact, request)));
  }

  /** What a class that knows nothing of nullness might return. */
  @SuppressWarnings({"NullAway", "TypeParameterUnusedInFormals"})
  private static <T> T nothing() {
    return null;
  }

  @Test
  void anInstanceThatRemembersIsFound() {
    Supplier<Executor> remembering =
        () ->
            new GoodExecutor() {
              private int calls;

              @Override
              public Seed seed(SeedRequest request) throws SeedException {
                Seed seed = super.seed(request);
                return calls++ == 0 ? seed : builder(request).build();
              }
            };
    assertEquals(
        EnumSet.of(Rule.SEED_CHANGES),
        rules(
            Contract.check(remembering, SampleRequests.of(GoodExecutor.INFO, Root.Kind.HOST, 1))));
  }

  @Test
  void aViolationNamesTheRuleAndWhatWasSeen() {
    Violation violation = new Violation(Rule.ENV_LOST, "HOME stands 0 times in the seed");
    assertTrue(violation.toString().contains("ENV_LOST"));
    assertTrue(violation.toString().contains(Rule.ENV_LOST.text()));
    assertTrue(violation.toString().contains("HOME"));
  }
}
