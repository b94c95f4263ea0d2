package org.lfedge.eve.tasks.executor.jvm;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.lfedge.eve.tasks.spi.SeedException;

/**
 * Options of the JVM in the words of a document. Any is handed on but those that would undo what is
 * decided here, and those that would take the next word with them.
 */
final class ForeignOptions {

  /** By how an option begins: the option of ours that is in its place. */
  private static final SortedMap<String, String> OURS =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("-Xmx", JvmOptions.HEAP),
              Map.entry("-mx", JvmOptions.HEAP),
              Map.entry("-XX:MaxHeapSize", JvmOptions.HEAP),
              Map.entry("-XX:MaxRAM", JvmOptions.HEAP_PERCENT),
              Map.entry("-XX:MaxMetaspaceSize", JvmOptions.METASPACE),
              Map.entry("-XX:MaxDirectMemorySize", JvmOptions.DIRECT_MEMORY),
              Map.entry("-Xss", JvmOptions.STACK),
              Map.entry("-ss", JvmOptions.STACK),
              Map.entry("-XX:ThreadStackSize", JvmOptions.STACK),
              Map.entry("-XX:ReservedCodeCacheSize", JvmOptions.CODE_CACHE),
              Map.entry("-XX:OnOutOfMemoryError", JvmOptions.EXIT_ON_OUT_OF_MEMORY),
              Map.entry("-XX:+ExitOnOutOfMemoryError", JvmOptions.EXIT_ON_OUT_OF_MEMORY),
              Map.entry("-XX:-ExitOnOutOfMemoryError", JvmOptions.EXIT_ON_OUT_OF_MEMORY),
              Map.entry("-XX:SharedArchiveFile", JvmOptions.ARCHIVE),
              Map.entry("-XX:ArchiveClassesAtExit", JvmOptions.ARCHIVE),
              Map.entry("-XX:+AutoCreateSharedArchive", JvmOptions.ARCHIVE),
              Map.entry("-jar", JvmOptions.JAR),
              Map.entry("-cp", JvmOptions.CLASS_PATH),
              Map.entry("-classpath", JvmOptions.CLASS_PATH),
              Map.entry("--class-path", JvmOptions.CLASS_PATH),
              Map.entry("-Djava.class.path", JvmOptions.CLASS_PATH),
              Map.entry("--module-path", JvmOptions.MODULE_PATH),
              Map.entry("--module=", JvmOptions.MODULE)));

  /** What the JVM would read further options from. */
  private static final List<String> FILES = List.of("-XX:Flags", "-XX:VMOptionsFile");

  /** Whole words that begin with two dashes. */
  private static final List<String> COMPLETE =
      List.of("--enable-preview", "--show-version", "--show-module-resolution", "--version");

  private ForeignOptions() {}

  static void check(List<String> options) throws SeedException {
    for (String option : options) {
      check(option);
    }
  }

  private static void check(String option) throws SeedException {
    if (!option.startsWith("-") || option.length() < 2 || option.indexOf('\0') >= 0) {
      throw refused(
          option, "each must begin with a dash, and what belongs to it stands in the same word");
    }
    Optional<String> ours =
        OURS.entrySet().stream()
            .filter(entry -> option.startsWith(entry.getKey()))
            .map(Map.Entry::getValue)
            .findFirst();
    if (ours.isPresent()) {
      throw refused(option, "write options." + ours.get() + " in its place");
    }
    if (option.matches("-XX:[+-]Use[A-Za-z0-9]+GC")) {
      throw refused(option, "write options.gc in its place");
    }
    if (option.startsWith("-XX:ActiveProcessorCount")) {
      throw refused(option, "it follows from resources.cpus");
    }
    if (FILES.stream().anyMatch(option::startsWith)) {
      throw refused(option, "write the options in the document");
    }
    boolean takesNext =
        List.of("-p", "-m", "-d").contains(option)
            || (option.startsWith("--") && !option.contains("=") && !COMPLETE.contains(option));
    if (takesNext) {
      throw refused(
          option, "it would take the next word with it; write it with =, as --add-opens=A/B=C");
    }
  }

  private static SeedException refused(String option, String why) {
    String shown = option.length() > 60 ? option.substring(0, 60) + "..." : option;
    return JvmOptions.bad(JvmOptions.JVM_OPTIONS, "must not hold " + shown + ": " + why);
  }
}
