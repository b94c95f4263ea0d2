package org.lfedge.eve.tasks.spi.guest;

import java.util.Arrays;
import java.util.List;

/**
 * Writes a script for {@code sh} of one command a line. Every argument stands in single quotes, in
 * which a shell reads each character as itself, but for the quote: that is written outside of them.
 */
final class ShellScript {

  private final StringBuilder text = new StringBuilder();

  /**
   * Adds a command.
   *
   * @param name a word that needs no quotes
   * @param args any text without NUL
   */
  ShellScript call(String name, List<String> args) {
    text.append(name);
    for (String arg : args) {
      text.append(" '").append(arg.replace("'", "'\\''")).append('\'');
    }
    text.append('\n');
    return this;
  }

  ShellScript call(String name, String... args) {
    return call(name, Arrays.asList(args));
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
