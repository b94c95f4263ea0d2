package org.lfedge.eve.tasks.dist.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.verification.Check;
import org.lfedge.eve.tasks.core.verification.Report;

class VerifyExecutorCommandTest {

  private static final Report GOOD =
      new Report(
          "jar",
          Optional.of("acme"),
          Optional.of("1.2.3"),
          List.of(Check.kept("ONE", "the first rule"), Check.kept("TWO", "the second rule")));

  private static final Report BAD =
      new Report(
          "",
          Optional.empty(),
          Optional.empty(),
          List.of(
              Check.broken("ONE", "the first rule", "seen \u001b[31m this"),
              Check.notChecked("TWO", "the second rule", "no time"),
              Check.notChecked("THREE", "the third rule", "no time")));

  private final List<List<Object>> asked = new ArrayList<>();

  private CommandRun.Result run(Report report, String... args) {
    List<String> line = new ArrayList<>(List.of("executors", "verify"));
    line.addAll(List.of(args));
    return new CommandRun(Path.of("no-socket"), Path.of("no-executors"))
        .verifier(
            (file, name, deadline) -> {
              asked.add(List.of(file, name, deadline));
              return report;
            })
        .run(line.toArray(String[]::new));
  }

  @Test
  void aLineTellsOfEachRuleAndTheStatusOfAll() {
    CommandRun.Result good = run(GOOD, "acme.jar");
    assertEquals(
        """
        acme 1.2.3 (jar)
        RESULT   RULE        WHAT
        kept     ONE         the first rule
        kept     TWO         the second rule
        kept     NAME_FREE   no executor of the Taskmanager itself has its name
        nothing is broken
        """,
        good.out());
    assertEquals(0, good.status());

    CommandRun.Result bad = run(BAD, "acme.jar");
    assertEquals(
        """
        an executor
        RESULT   RULE   WHAT
        BROKEN   ONE    the first rule: seen ?[31m this
        2 rules were not checked: no time
        1 broken
        """,
        bad.out());
    assertEquals(1, bad.status());
  }

  @Test
  void nameAndTimeAreHandedOn() {
    var unused = run(GOOD, "--name", "acme", "--timeout", "5", "seed.json");
    var defaults = run(GOOD, "seed.json");
    assertEquals(0, defaults.status());
    assertEquals(
        List.of(
            List.of(Path.of("seed.json"), Optional.of("acme"), Duration.ofSeconds(5)),
            List.of(Path.of("seed.json"), Optional.empty(), Duration.ofSeconds(30))),
        asked);
  }

  @Test
  void jsonHasEveryRule() throws JsonProcessingException {
    CommandRun.Result result = run(BAD, "-o", "json", "acme.jar");
    assertEquals(1, result.status());
    JsonNode json = new JsonMapper().readTree(result.out());
    assertTrue(json.path("executor").isNull());
    assertEquals("broken", json.at("/checks/0/outcome").asText());
    assertEquals("not-checked", json.at("/checks/2/outcome").asText());
    assertEquals("the third rule", json.at("/checks/2/text").asText());
  }
}
