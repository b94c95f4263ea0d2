package org.lfedge.eve.tasks.executor.qemu;

import java.util.ArrayList;
import java.util.List;

/**
 * Writes the arguments of QEMU. It reads them by three rules, and all values pass here by one of
 * them: as JSON, where it takes that, so that no value can be read as anything but itself; as a
 * list of options with commas between them, where a comma in a value is doubled; and as plain text.
 */
final class QemuCommandLine {

  private final List<String> args = new ArrayList<>();

  QemuCommandLine(String program) {
    args.add(program);
  }

  /** A switch without a value. */
  QemuCommandLine flag(String name) {
    args.add(name);
    return this;
  }

  /** A switch whose value is taken as it stands. */
  QemuCommandLine text(String name, String value) {
    args.add(name);
    args.add(value);
    return this;
  }

  /**
   * A switch that takes JSON: {@code -blockdev}, {@code -device}, {@code -netdev}, {@code -object}.
   */
  QemuCommandLine json(String name, JsonObject value) {
    return text(name, value.toString());
  }

  /** A switch that takes options with commas between them. */
  QemuCommandLine options(String name, OptionList value) {
    return text(name, value.toString());
  }

  List<String> args() {
    return List.copyOf(args);
  }

  /** What {@code -chardev}, {@code -machine} and others take: {@code first,key=value,...}. */
  static final class OptionList {

    private final StringBuilder text;

    private OptionList(String first) {
      text = new StringBuilder(escape(first));
    }

    /** Starts with a value whose key goes without saying. */
    static OptionList of(String first) {
      return new OptionList(first);
    }

    /** Starts with a pair. */
    static OptionList of(String key, String value) {
      OptionList list = new OptionList("");
      list.text.append(key).append('=').append(escape(value));
      return list;
    }

    OptionList with(String key, String value) {
      text.append(',').append(key).append('=').append(escape(value));
      return this;
    }

    private static String escape(String value) {
      return value.replace(",", ",,");
    }

    @Override
    public String toString() {
      return text.toString();
    }
  }
}
