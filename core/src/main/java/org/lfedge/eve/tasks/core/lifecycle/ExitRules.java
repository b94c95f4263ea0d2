package org.lfedge.eve.tasks.core.lifecycle;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.spi.seed.ExitRule;
import org.lfedge.eve.tasks.spi.seed.ExitRule.CodeIn;
import org.lfedge.eve.tasks.spi.seed.ExitRule.FileMatch;
import org.lfedge.eve.tasks.spi.seed.ExitRule.Meaning;
import org.lfedge.eve.tasks.spi.seed.ExitRule.Outcome;

/** Judges the end of an anchor by the rules of its seed. */
public final class ExitRules {

  /** What is looked at of a file: its end, so many bytes of it. */
  public static final int MAX_FILE_BYTES = 64 << 10;

  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,3}");

  private ExitRules() {}

  /**
   * What the first rule that applies says of an end. Of a kill for want of memory they say nothing.
   * Where the exit code was lost, only what a file holds can tell: rules that ask for no file do
   * not apply then.
   *
   * @param files the last {@link #MAX_FILE_BYTES} of a file in the runtime directory of the task;
   *     empty if there is none that can be read. Asked for what rules look at, in their order
   * @return as reported, with the outcome, the meaning and the code of that rule
   */
  public static ExitStatus judge(
      ExitStatus reported, List<ExitRule> rules, Function<String, Optional<byte[]>> files) {
    if (reported.oomKilled()) {
      return reported;
    }
    return rules.stream()
        .flatMap(rule -> applied(rule, reported, files).stream())
        .findFirst()
        .orElse(reported);
  }

  private static Optional<ExitStatus> applied(
      ExitRule rule, ExitStatus reported, Function<String, Optional<byte[]>> files) {
    if (rule instanceof Meaning meaning) {
      return applies(meaning, reported.code(), files)
          ? Optional.of(
              judged(reported, reported.code(), meaning.outcome(), Optional.of(meaning.text())))
          : Optional.empty();
    }
    if (rule instanceof CodeIn in) {
      return files
          .apply(in.file())
          .flatMap(ExitRules::code)
          .map(
              code ->
                  judged(
                      reported,
                      OptionalInt.of(code),
                      code == 0 ? Outcome.SUCCESS : Outcome.FAILURE,
                      Optional.empty()));
    }
    return Optional.empty();
  }

  private static ExitStatus judged(
      ExitStatus reported, OptionalInt code, Outcome outcome, Optional<String> text) {
    return new ExitStatus(code, reported.at(), false, Optional.of(outcome), text);
  }

  private static boolean applies(
      Meaning meaning, OptionalInt code, Function<String, Optional<byte[]>> files) {
    if (meaning.code().isPresent() && !meaning.code().equals(code)) {
      return false;
    }
    return meaning.file().isEmpty()
        ? code.isPresent()
        : files
            .apply(meaning.file().get().file())
            .map(bytes -> holds(bytes, meaning.file().get()))
            .orElse(false);
  }

  /** A character for each byte: what a task writes need not be UTF-8. */
  private static boolean holds(byte[] bytes, FileMatch match) {
    String sought =
        new String(match.contains().getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    return new String(bytes, StandardCharsets.ISO_8859_1).contains(sought);
  }

  /** The number in the first line of a file, which is not there in the end of a longer one. */
  private static Optional<Integer> code(byte[] bytes) {
    if (bytes.length >= MAX_FILE_BYTES) {
      return Optional.empty();
    }
    String line = new String(bytes, StandardCharsets.ISO_8859_1).split("\n", 2)[0].strip();
    return Optional.of(line)
        .filter(text -> NUMBER.matcher(text).matches())
        .map(Integer::parseInt)
        .filter(number -> number <= 255);
  }
}
