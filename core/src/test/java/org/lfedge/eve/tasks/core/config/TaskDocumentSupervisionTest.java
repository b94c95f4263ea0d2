package org.lfedge.eve.tasks.core.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.MINIMAL;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.only;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.parseOne;
import static org.lfedge.eve.tasks.core.config.DocumentTexts.problems;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.lifecycle.Dependency;
import org.lfedge.eve.tasks.core.lifecycle.HealthCheck;
import org.lfedge.eve.tasks.core.lifecycle.HealthCheck.Probe;
import org.lfedge.eve.tasks.core.lifecycle.RestartPolicy;

/** What documents say of restarts, health, order and pinned CPUs. */
class TaskDocumentSupervisionTest {

  @ParameterizedTest
  @CsvSource({
    "'', 1s, 5m",
    "backoff: 10s, 10s, 5m",
    "backoff: 5m, 5m, 5m",
    "backoff: 1h, 1h, 1h",
    "maxBackoff: 1s, 1s, 1s",
    "'backoff: 1ms, maxBackoff: 2s', 1ms, 2s"
  })
  void theLongestBackoffFollowsOneThatIsBeyondItsDefault(String keys, String least, String most) {
    assertEquals(
        new RestartPolicy(
            RestartPolicy.Mode.ON_FAILURE, duration(least), duration(most), Duration.ZERO),
        parseOne(MINIMAL + "restart: {" + keys + "}").restart());
  }

  @ParameterizedTest
  @CsvSource({
    "'backoff: 10s, maxBackoff: 9s', CONFLICT restart.maxBackoff 9s",
    "'backoff: 24h1ms', OUT_OF_RANGE restart.backoff 24h1ms",
    "'bootDelay: 24h1ms', OUT_OF_RANGE restart.bootDelay 24h1ms",
    "'backoff: 1ms, maxBackoff: 999ms', OUT_OF_RANGE restart.maxBackoff 999ms"
  })
  void backoffsAreInOrderAndLeaveTheNodeInPeace(String keys, String problem) {
    assertEquals(problem, shown(MINIMAL + "restart: {" + keys + "}"));
  }

  @Test
  void aBackoffThatCannotBeReadIsInConflictWithNothing() {
    assertEquals(
        "BAD_VALUE restart.backoff 1 h",
        shown(MINIMAL + "restart: {backoff: 1 h, maxBackoff: 2s}"));
  }

  @Test
  void aHealthCheckHasTheDefaultsOfTheContract() {
    assertEquals(
        new HealthCheck(
            new Probe.Tcp(80), Duration.ofSeconds(10), Duration.ofSeconds(5), 3, Duration.ZERO),
        parseOne(MINIMAL + "health: {tcp: 80}").health().orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://localhost",
        "http://localhost:8080/healthy?deep=true",
        "https://127.0.0.1:65535",
        "http://[::1]:80/a%20b"
      })
  void aUrlIsKeptAsItIsWritten(String url) {
    assertEquals(
        new Probe.Http(url),
        parseOne(MINIMAL + "health: {http: '" + url + "'}").health().orElseThrow().probe());
  }

  @ParameterizedTest
  @CsvSource({
    "http://localhost:0/, OUT_OF_RANGE",
    "http://localhost:65536/, OUT_OF_RANGE",
    "http://localhost:99999/, OUT_OF_RANGE",
    "http://[::::]/, BAD_VALUE",
    "http://256.1.1.1/, BAD_VALUE",
    "http://a..b/, BAD_VALUE",
    "HTTP://localhost/, BAD_VALUE",
    "http://localhost/\u00e4, BAD_VALUE"
  })
  void aUrlThatNobodyCouldAskForIsRefused(String url, String code) {
    assertEquals(code + " health.http " + url, shown(MINIMAL + "health: {http: '" + url + "'}"));
  }

  @Test
  void aUrlHasAtMost2048Characters() {
    String longest = "http://localhost/" + "x".repeat(2031);
    assertEquals(
        new Probe.Http(longest),
        parseOne(MINIMAL + "health: {http: " + longest + "}").health().orElseThrow().probe());
    assertEquals("BAD_VALUE", problems(MINIMAL + "health: {http: " + longest + "x}").get(0).code());
    assertEquals(
        "BAD_VALUE",
        problems(MINIMAL + "health: {http: 'http://a/" + "%".repeat(100_000) + "'}").get(0).code());
  }

  @Test
  void aPasswordInAUrlIsNotShown() {
    Problem problem = problems(MINIMAL + "health: {http: 'http://me:hunter2@localhost/'}").get(0);
    assertEquals("BAD_VALUE health.http", problem.code() + " " + problem.path());
    assertFalse(problem.toString().contains("hunter2"), problem::toString);
  }

  @ParameterizedTest
  @CsvSource({
    "'tcp: 80, interval: 99ms', OUT_OF_RANGE health.interval 99ms",
    "'tcp: 80, interval: 24h1s', OUT_OF_RANGE health.interval 24h1s",
    "'tcp: 80, timeout: 99ms', OUT_OF_RANGE health.timeout 99ms",
    "'tcp: 80, timeout: 11m', OUT_OF_RANGE health.timeout 11m",
    "'tcp: 80, start: 25h', OUT_OF_RANGE health.start 25h",
    "'exec: [null]', WRONG_TYPE health.exec[0] null",
    "'exec: wget', WRONG_TYPE health.exec wget"
  })
  void eachFaultOfAHealthCheckIsReportedOnce(String keys, String problem) {
    assertEquals(problem, shown(MINIMAL + "health: {" + keys + "}"));
  }

  @Test
  void theOrderOfWhatATaskComesAfterMeansNothing() {
    List<Dependency> sorted =
        List.of(
            new Dependency("cache", Dependency.Condition.HEALTHY),
            new Dependency("db", Dependency.Condition.STARTED));
    assertEquals(
        sorted, parseOne(MINIMAL + "after: [{task: db}, {task: cache, on: healthy}]").after());
    assertEquals(
        sorted,
        parseOne(MINIMAL + "after: [{task: cache, on: healthy}, {task: db, on: started}]").after());
  }

  @ParameterizedTest
  @CsvSource({
    "'{task: web}', CONFLICT after[0].task web",
    "'{task: db}, {task: web, on: healthy}', CONFLICT after[1].task web",
    "'{task: db}, {task: db, on: healthy}', CONFLICT after[1].task db"
  })
  void aTaskComesAfterOthersEachOfThemOnce(String entries, String problem) {
    assertEquals(problem, shown(MINIMAL + "after: [" + entries + "]"));
  }

  @Test
  void pinnedCpusAreSortedAndAreTheDefaultOfCpus() {
    TaskDocument task = parseOne("{name: web, resources: {memory: 1GiB, pin: [5, 0, 3]}}");
    assertEquals(List.of(0, 3, 5), task.pinnedCpus());
    assertEquals(3000, task.milliCpus());
    assertEquals(1000, parseOne("{name: web, resources: {memory: 1GiB, pin: []}}").milliCpus());
    assertEquals(
        500, parseOne("{name: web, resources: {memory: 1GiB, pin: [0], cpus: 0.5}}").milliCpus());
  }

  @ParameterizedTest
  @CsvSource({
    "'pin: [0, 1], cpus: 2.5', CONFLICT resources.cpus 2.5",
    "'pin: [0, 1, 0]', CONFLICT resources.pin[2] 0",
    "'pin: [0, x], cpus: 2', WRONG_TYPE resources.pin[1] x",
    "'pin: 0-3, cpus: 4', WRONG_TYPE resources.pin 0-3"
  })
  void eachFaultOfPinnedCpusIsReportedOnce(String keys, String problem) {
    assertEquals(problem, shown("{name: web, resources: {memory: 1GiB, " + keys + "}}"));
  }

  @ParameterizedTest
  @CsvSource({
    "'retry: {}', restart",
    "'restart: {polcy: never}', policy",
    "'restart: {condition: any}', policy",
    "'restart: {maxbackof: 1h}', maxBackoff",
    "'health: {tcp: 80, retrys: 4}', retries",
    "'health: {tcp: 80, start_period: 4s}', start",
    "'after: [{task: db, name: db}]', task",
    "'depends_on: []', after",
    "'tty: true', terminal"
  })
  void aMisspeltKeyIsReportedWithTheOneThatWasMeant(String keys, String meant) {
    assertEquals("is not a key here; did you mean " + meant + "?", only(MINIMAL + keys).message());
  }

  private static String shown(String text) {
    Problem problem = only(text);
    return problem.code() + " " + problem.path() + " " + problem.value();
  }

  private static Duration duration(String text) {
    return Durations.parse(text).orElseThrow();
  }
}
