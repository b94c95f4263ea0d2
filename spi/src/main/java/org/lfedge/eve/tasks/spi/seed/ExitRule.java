package org.lfedge.eve.tasks.spi.seed;

import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * What the end of an anchor means, where its exit code alone does not tell. Rules are looked at in
 * order and the first that applies counts; if none does, code 0 is a success and any other a
 * failure. They say nothing of an anchor that was ended from outside, by a signal of ours or by the
 * kernel for want of memory; of a stop only their text and the code in a file are recorded. Where
 * the exit code was lost, rules that look at no file do not apply. Closed to implement, open to
 * growth.
 */
public sealed interface ExitRule {

  /** What an end counts as. */
  enum Outcome {
    SUCCESS,
    FAILURE,
    /** A failure of what runs inside, such as a guest's kernel. */
    CRASH,
    /** No failure: the task is to start again, unless it is never restarted. */
    REBOOT,
    /** A failure for want of memory inside. */
    OUT_OF_MEMORY
  }

  /**
   * Gives a meaning to some ends.
   *
   * @param code the exit code that it applies to; empty for any
   * @param file what a file has to hold besides; empty for nothing
   * @param text a short text for people, such as {@code the guest powered off}
   */
  record Meaning(OptionalInt code, Optional<FileMatch> file, Outcome outcome, String text)
      implements ExitRule {
    /** The longest text. */
    public static final int MAX_TEXT = 200;

    /** Refuses codes that no program can have, and texts that are blank or too long. */
    public Meaning {
      Objects.requireNonNull(file);
      Objects.requireNonNull(outcome);
      if (code.isPresent() && (code.getAsInt() < 0 || code.getAsInt() > 255)) {
        throw new IllegalArgumentException("not an exit code: " + code.getAsInt());
      }
      if (text.isBlank()
          || text.length() > MAX_TEXT
          || text.chars().anyMatch(Character::isISOControl)) {
        throw new IllegalArgumentException("not a short text for people: '" + text + "'");
      }
    }
  }

  /**
   * The exit code is what a file holds, a number from 0 to 255 in its first line, in place of what
   * the anchor ended with; 128 and the number of a signal if that ended the program. The rule does
   * not apply if the file holds no such number. For anchors that pass on the end of something else,
   * such as a program in a guest.
   *
   * @param file in the runtime directory of the task
   */
  record CodeIn(String file) implements ExitRule {
    /** Refuses what is no name of a file. */
    public CodeIn {
      requireName(file);
    }
  }

  /**
   * That the end of a file holds a text; of a file that is longer, the last 64 KiB are looked at.
   *
   * @param file in the runtime directory of the task
   * @param contains 1 to 1000 characters
   */
  record FileMatch(String file, String contains) {
    /** Refuses what is no name of a file, and texts out of range. */
    public FileMatch {
      requireName(file);
      if (contains.isEmpty() || contains.length() > 1000) {
        throw new IllegalArgumentException("a match needs 1 to 1000 characters: " + contains);
      }
    }
  }

  /** Names of files as {@link FileMatch} and {@link CodeIn} take them. */
  Pattern FILE_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,99}");

  private static void requireName(String file) {
    if (!FILE_NAME.matcher(file).matches()) {
      throw new IllegalArgumentException(
          "not the name of a file in the runtime directory: " + file);
    }
  }
}
