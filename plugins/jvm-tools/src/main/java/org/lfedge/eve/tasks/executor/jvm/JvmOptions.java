package org.lfedge.eve.tasks.executor.jvm;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.task.Options;

/**
 * What a document says about the JVM.
 *
 * @param jar relative to a root that is a directory
 * @param mainClass such as {@code org.example.Main}
 * @param module such as {@code org.example.app}, or {@code org.example.app/org.example.Main}
 * @param classPath what is on it after the JAR
 * @param modulePath likewise
 * @param jvmOptions for the JVM, none of which undoes what is decided here
 * @param heap in bytes, as are metaspace, directMemory, stack, codeCache and tmp
 * @param gc in lower case
 */
record JvmOptions(
    Optional<String> jar,
    Optional<String> mainClass,
    Optional<String> module,
    List<String> classPath,
    List<String> modulePath,
    List<String> jvmOptions,
    OptionalLong heap,
    OptionalLong heapPercent,
    OptionalLong metaspace,
    OptionalLong directMemory,
    OptionalLong threads,
    OptionalLong stack,
    OptionalLong codeCache,
    OptionalLong tmp,
    Optional<Gc> gc,
    boolean archive,
    boolean exitOnOutOfMemory) {

  /** A garbage collector. */
  enum Gc {
    SERIAL("Serial"),
    PARALLEL("Parallel"),
    G1("G1");

    private final String word;

    Gc(String word) {
      this.word = word;
    }

    String flag() {
      return "-XX:+Use" + word + "GC";
    }
  }

  static final String JAR = "jar";
  static final String MAIN_CLASS = "mainClass";
  static final String MODULE = "module";
  static final String CLASS_PATH = "classPath";
  static final String MODULE_PATH = "modulePath";
  static final String JVM_OPTIONS = "jvmOptions";
  static final String HEAP = "heap";
  static final String HEAP_PERCENT = "heapPercent";
  static final String METASPACE = "metaspace";
  static final String DIRECT_MEMORY = "directMemory";
  static final String THREADS = "threads";
  static final String STACK = "stack";
  static final String CODE_CACHE = "codeCache";
  static final String TMP = "tmp";
  static final String GC = "gc";
  static final String ARCHIVE = "archive";
  static final String EXIT_ON_OUT_OF_MEMORY = "exitOnOutOfMemory";

  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;
  private static final long TIB = 1L << 40;

  static final List<Option> DECLARED =
      List.of(
          Option.optional(
              JAR,
              Option.Type.STRING,
              "The JAR, relative to a root that is a directory, by default app.jar; where mainClass or"
                  + " module is given none, but what classPath and modulePath name."),
          Option.optional(
              MAIN_CLASS,
              Option.Type.STRING,
              "The class that is started, such as org.example.Main, in place of that of the"
                  + " manifest."),
          Option.optional(
              MODULE,
              Option.Type.STRING,
              "The module that is started, such as org.example.app, or with its class,"
                  + " org.example.app/org.example.Main; the JAR is on the module path then."),
          Option.optional(
              CLASS_PATH,
              Option.Type.STRING_LIST,
              "What is on the class path after the JAR: paths in volumes or relative to the root,"
                  + " lib/* for all JARs of a directory."),
          Option.optional(
              MODULE_PATH,
              Option.Type.STRING_LIST,
              "What is on the module path after the JAR, likewise; with module alone."),
          Option.optional(
              JVM_OPTIONS,
              Option.Type.STRING_LIST,
              "Options of the JVM, each in one word such as -Dkey=value or -XX:+UseStringDeduplication;"
                  + " those that have an option of their own here are refused."),
          Option.optional(
              HEAP,
              Option.Type.SIZE,
              "The largest heap; by default what the memory of the task leaves beside metaspace,"
                  + " buffers and threads."),
          Option.optional(
              HEAP_PERCENT,
              Option.Type.INTEGER,
              "The largest heap in percent of the memory of the task, 1 to 95, in place of heap."),
          Option.optional(
              METASPACE,
              Option.Type.SIZE,
              "How much memory classes may take; by default a quarter of the memory, up to 256 MiB."),
          Option.optional(
              DIRECT_MEMORY,
              Option.Type.SIZE,
              "How much memory buffers outside of the heap may take; by default a sixteenth of the"
                  + " memory, up to 128 MiB."),
          Option.optional(
              THREADS,
              Option.Type.INTEGER,
              "How many threads of the program have room for their whole stacks, 1 to 10000; by"
                  + " default what fits into a sixteenth of the memory, up to 64."),
          Option.optional(
              STACK,
              Option.Type.SIZE,
              "The largest stack of a thread, 256 KiB to 1 GiB; default 512 KiB."),
          Option.optional(
              CODE_CACHE,
              Option.Type.SIZE,
              "How much memory compiled code may take, a part of the tax, 8 MiB to 2 GiB; by default"
                  + " 16 to 128 MiB by the memory of the task."),
          Option.optional(
              TMP,
              Option.Type.SIZE,
              "How much the file system in memory at /tmp holds, a part of the tax, from 1 MiB;"
                  + " default 8 MiB. A volume at /tmp takes its place."),
          Option.oneOf(
              GC,
              "The garbage collector; by default g1 with at least two CPUs and 1792 MiB of memory,"
                  + " else serial.",
              List.of("serial", "parallel", "g1")),
          Option.optional(
              ARCHIVE,
              Option.Type.BOOLEAN,
              "Whether the classes of the program are kept in an archive from which later starts are"
                  + " faster; the first end of the program takes longer. Default false."),
          Option.optional(
              EXIT_ON_OUT_OF_MEMORY,
              Option.Type.BOOLEAN,
              "Whether the JVM ends as soon as heap or metaspace are full, which is told as such;"
                  + " default true."));

  /** None that the program java would take for an option or a file of options. */
  static final Pattern CLASS_NAME =
      Pattern.compile("(?![-@])(?=.{1,500}$)[^./;\\[\\\\\\s\\x00]+(\\.[^./;\\[\\\\\\s\\x00]+)*");

  private static final Pattern MODULE_NAME =
      Pattern.compile("[A-Za-z_$][\\w$]*(\\.[A-Za-z_$][\\w$]*)*");

  /**
   * Reads and checks them.
   *
   * @throws SeedException for a value that cannot be
   */
  static JvmOptions of(Options options) throws SeedException {
    JvmOptions read =
        new JvmOptions(
            options.string(JAR),
            options.string(MAIN_CLASS),
            options.string(MODULE),
            options.strings(CLASS_PATH),
            options.strings(MODULE_PATH),
            options.strings(JVM_OPTIONS),
            options.integer(HEAP),
            options.integer(HEAP_PERCENT),
            options.integer(METASPACE),
            options.integer(DIRECT_MEMORY),
            options.integer(THREADS),
            options.integer(STACK),
            options.integer(CODE_CACHE),
            options.integer(TMP),
            options.string(GC).map(word -> Gc.valueOf(word.toUpperCase(Locale.ROOT))),
            options.bool(ARCHIVE).orElse(false),
            options.bool(EXIT_ON_OUT_OF_MEMORY).orElse(true));
    read.check();
    return read;
  }

  private void check() throws SeedException {
    if (mainClass.isPresent() && !CLASS_NAME.matcher(mainClass.get()).matches()) {
      throw bad(MAIN_CLASS, "must be the name of a class such as org.example.Main");
    }
    if (module.isPresent()) {
      String[] parts = module.get().split("/", 2);
      if (!MODULE_NAME.matcher(parts[0]).matches()
          || (parts.length > 1 && !CLASS_NAME.matcher(parts[1]).matches())) {
        throw bad(MODULE, "must be the name of a module, or MODULE/CLASS");
      }
      if (mainClass.isPresent()) {
        throw bad(MAIN_CLASS, "and module are one too many; write module: MODULE/CLASS");
      }
      if (archive) {
        throw bad(ARCHIVE, "is for programs on a class path; leave it out, or module");
      }
    } else if (!modulePath.isEmpty()) {
      throw bad(MODULE_PATH, "needs module, which says what is started");
    }
    if (heap.isPresent() && heapPercent.isPresent()) {
      throw bad(HEAP_PERCENT, "and heap are one too many; leave one out");
    }
    range(HEAP, heap, JvmMemory.MIN_HEAP, TIB);
    range(HEAP_PERCENT, heapPercent, 1, 95);
    range(METASPACE, metaspace, JvmMemory.MIN_METASPACE, TIB);
    range(DIRECT_MEMORY, directMemory, JvmMemory.MIN_DIRECT, TIB);
    range(THREADS, threads, 1, 10_000);
    range(STACK, stack, 256 * KIB, 1024 * MIB);
    range(CODE_CACHE, codeCache, 8 * MIB, 2048 * MIB);
    range(TMP, tmp, MIB, TIB);
    ForeignOptions.check(jvmOptions);
  }

  private static void range(String name, OptionalLong value, long least, long most)
      throws SeedException {
    if (value.isPresent() && (value.getAsLong() < least || value.getAsLong() > most)) {
      throw bad(name, "must be from " + least + " to " + most);
    }
  }

  static SeedException bad(String option, String why) {
    return new SeedException("BAD_VALUE", "options." + option, "options." + option + " " + why);
  }
}
