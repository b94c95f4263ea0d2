package org.lfedge.eve.tasks.core.lifecycle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.lfedge.eve.tasks.spi.seed.ExitRule;
import org.lfedge.eve.tasks.spi.seed.ExitRule.CodeIn;
import org.lfedge.eve.tasks.spi.seed.ExitRule.FileMatch;
import org.lfedge.eve.tasks.spi.seed.ExitRule.Meaning;
import org.lfedge.eve.tasks.spi.seed.ExitRule.Outcome;

class ExitRulesTest {

  private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");

  private static ExitStatus ended(int code) {
    return new ExitStatus(OptionalInt.of(code), NOW, false);
  }

  private static ExitStatus judge(ExitStatus exit, Map<String, String> files, ExitRule... rules) {
    return ExitRules.judge(
        exit,
        List.of(rules),
        name ->
            Optional.ofNullable(files.get(name))
                .map(text -> text.getBytes(StandardCharsets.UTF_8)));
  }

  private static Meaning meaning(Outcome outcome, String text) {
    return new Meaning(OptionalInt.empty(), Optional.empty(), outcome, text);
  }

  private static Meaning told(String file, String contains, Outcome outcome) {
    return new Meaning(
        OptionalInt.empty(), Optional.of(new FileMatch(file, contains)), outcome, "it told so");
  }

  @Provide
  Arbitrary<ExitRule> rules() {
    Arbitrary<FileMatch> matches =
        Combinators.combine(Arbitraries.of("a", "b"), Arbitraries.of("off", "panic", "\u00e4"))
            .as(FileMatch::new);
    Arbitrary<OptionalInt> codes =
        Arbitraries.of(0, 1, 137)
            .optional()
            .map(code -> code.map(OptionalInt::of).orElse(OptionalInt.empty()));
    Arbitrary<ExitRule> meanings =
        Combinators.combine(
                codes,
                matches.optional(),
                Arbitraries.of(Outcome.class),
                Arbitraries.of("one", "two"))
            .as(Meaning::new);
    return Arbitraries.oneOf(meanings, Arbitraries.of("a", "b").map(CodeIn::new));
  }

  @Provide
  Arbitrary<ExitStatus> exits() {
    return Arbitraries.of(0, 1, 137, 255)
        .optional()
        .map(code -> code.map(ExitRulesTest::ended).orElse(ExitStatus.unknown(NOW)));
  }

  @Provide
  Arbitrary<Map<String, String>> files() {
    return Arbitraries.maps(
        Arbitraries.of("a", "b", "c"),
        Arbitraries.of("", "off", "x panic\n", "\u00e4", "7", "300\n", " 0 \r\npanic", "-1"));
  }

  @Property
  void theFirstRuleThatAppliesCountsAndNoOther(
      @ForAll("rules") ExitRule first,
      @ForAll("rules") ExitRule second,
      @ForAll("exits") ExitStatus exit,
      @ForAll("files") Map<String, String> files) {
    ExitStatus byFirst = judge(exit, files, first);
    ExitStatus byBoth = judge(exit, files, first, second);
    assertEquals(byFirst.outcome().isPresent() ? byFirst : judge(exit, files, second), byBoth);
    assertEquals(NOW, byBoth.at());
    assertEquals(byBoth.outcome().isPresent(), !byBoth.equals(exit));
  }

  @Property
  void aMeaningAppliesWhereItsCodeAndItsFileDo(
      @ForAll("rules") ExitRule rule,
      @ForAll("exits") ExitStatus exit,
      @ForAll("files") Map<String, String> files) {
    if (rule instanceof Meaning meaning) {
      boolean code =
          meaning.code().isEmpty()
              ? exit.code().isPresent() || meaning.file().isPresent()
              : meaning.code().equals(exit.code());
      boolean file =
          meaning
              .file()
              .map(match -> files.getOrDefault(match.file(), "").contains(match.contains()))
              .orElse(true);
      ExitStatus expected =
          code && file
              ? new ExitStatus(
                  exit.code(),
                  NOW,
                  false,
                  Optional.of(meaning.outcome()),
                  Optional.of(meaning.text()))
              : exit;
      assertEquals(expected, judge(exit, files, rule));
    }
  }

  @Property
  void withoutRulesAnEndIsWhatWasReported(@ForAll("exits") ExitStatus exit) {
    ExitStatus judged = judge(exit, new HashMap<>());
    assertSame(exit, judged);
    assertEquals(exit.code().equals(OptionalInt.of(0)), judged.success());
  }

  @Property
  void ofAKillForWantOfMemoryNoRuleTells(
      @ForAll("rules") ExitRule rule, @ForAll("files") Map<String, String> files) {
    ExitStatus killed = new ExitStatus(OptionalInt.of(137), NOW, true);
    assertSame(killed, judge(killed, files, rule));
  }

  @Property
  void aCodeInAFileIsTheCodeWhateverNumberItIs(@ForAll int number) {
    ExitStatus judged = judge(ended(9), Map.of("code", number + "\nmore"), new CodeIn("code"));
    boolean valid = number >= 0 && number <= 255;
    assertEquals(OptionalInt.of(valid ? number : 9), judged.code());
    assertEquals(valid && number == 0, judged.success());
    assertEquals(valid, judged.outcome().isPresent());
  }

  @Example
  void aCodeInAFileAbove128IsASignal() {
    ExitStatus judged = judge(ended(0), Map.of("code", "143"), new CodeIn("code"));
    assertEquals(OptionalInt.of(15), judged.signal());
    assertEquals(Optional.of(Outcome.FAILURE), judged.outcome());
    assertEquals(Optional.empty(), judged.meaning());
  }

  /** Its first line is not among what is looked at. */
  @Example
  void theEndOfALongFileHoldsNoCode() {
    byte[] end = new byte[ExitRules.MAX_FILE_BYTES];
    Arrays.fill(end, (byte) '\n');
    end[0] = '7';
    ExitStatus judged =
        ExitRules.judge(ended(1), List.of(new CodeIn("code")), name -> Optional.of(end));
    assertEquals(ended(1), judged);
  }

  @Example
  void bytesThatAreNoTextAreLookedThroughAllTheSame() {
    byte[] bytes = {(byte) 0xff, (byte) 0xc3, (byte) 0xa4, 0};
    ExitStatus judged =
        ExitRules.judge(
            ended(1), List.of(told("a", "\u00e4", Outcome.CRASH)), name -> Optional.of(bytes));
    assertEquals(Optional.of(Outcome.CRASH), judged.outcome());
  }

  @Example
  void filesAreLookedAtOnlyAsFarAsTheyAreNeeded() {
    List<String> asked = new ArrayList<>();
    var unused =
        ExitRules.judge(
            ended(0),
            List.of(
                new Meaning(
                    OptionalInt.of(3),
                    Optional.of(new FileMatch("first", "x")),
                    Outcome.CRASH,
                    "crashed"),
                told("second", "x", Outcome.CRASH),
                meaning(Outcome.SUCCESS, "well"),
                told("third", "x", Outcome.CRASH)),
            name -> {
              asked.add(name);
              return Optional.empty();
            });
    assertEquals(List.of("second"), asked);
  }

  @Example
  void anEndOnPurposeKeepsItsCodeAndItsMeaningAndCountsAsNothingElse() {
    ExitStatus stopped = judge(ended(3), Map.of(), meaning(Outcome.CRASH, "it broke")).onPurpose();
    assertEquals(OptionalInt.of(3), stopped.code());
    assertEquals(Optional.of("it broke"), stopped.meaning());
    assertEquals(Optional.empty(), stopped.outcome());
  }

  @Example
  void aRebootIsNoFailure() {
    ExitStatus rebooted = judge(ended(1), Map.of(), meaning(Outcome.REBOOT, "again"));
    assertEquals(true, rebooted.success() && rebooted.reboot());
    assertEquals(false, judge(ended(0), Map.of(), meaning(Outcome.CRASH, "x")).success());
  }
}
