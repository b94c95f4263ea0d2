package org.lfedge.eve.tasks.spi.seed;

import java.util.regex.Pattern;

/**
 * A kind of executable file that an interpreter out of the tools runs, for all processes of the
 * task and none but these where the kernel allows that: Linux's {@code binfmt_misc}. The file is
 * known by its first bytes. The task does not see the interpreter, which is opened before its
 * anchor starts; so the interpreter must not need other files, such as libraries. It is given the
 * path of the program, then the arguments of the program with the name that it was called by.
 *
 * @param name unique in the seed, a short word in lower case, such as {@code arm64}
 * @param magic how such a file begins, 1 to 128 bytes in hex, in lower case
 * @param mask which bits of these bytes count, in hex; of the same length
 * @param interpreter absolute path of a program in the tools, without {@code ..}
 */
public record BinaryFormat(String name, String magic, String mask, String interpreter) {

  private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9-]{0,29}[a-z0-9])?");

  private static final Pattern BYTES = Pattern.compile("([0-9a-f]{2}){1,128}");

  /** What the kernel takes for the path, with all else that it is told. */
  private static final int MAX_PATH = 255;

  /** Refuses other names, bytes out of range, and paths that are not plain. */
  public BinaryFormat {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("not a short word in lower case: " + name);
    }
    if (!BYTES.matcher(magic).matches() || !BYTES.matcher(mask).matches()) {
      throw new IllegalArgumentException(
          "magic and mask are 1 to 128 bytes in hex, in lower case: " + magic + ", " + mask);
    }
    if (magic.length() != mask.length()) {
      throw new IllegalArgumentException("magic and mask differ in length: " + magic + ", " + mask);
    }
    if (mask.matches("0+")) {
      throw new IllegalArgumentException("a mask of nothing takes every file: " + mask);
    }
    Mount.requireAbsolute(interpreter);
    if (interpreter.length() > MAX_PATH || interpreter.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("not the path of an interpreter: " + interpreter);
    }
  }
}
