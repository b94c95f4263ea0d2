package org.lfedge.eve.tasks.core.config;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.config.TaskDocument.EnvValue;
import org.lfedge.eve.tasks.core.config.TaskDocument.RootSource;

/** The keys of a task document, each with its type, its range and its default. */
final class TaskDocumentReader {

  private static final int MAX_LIST = 1000;

  /** Linux takes no longer argument and no longer variable: MAX_ARG_STRLEN, less the final NUL. */
  private static final int MAX_ARGUMENT = 128 * 1024 - 1;

  private static final BigDecimal MIN_CPUS = new BigDecimal("0.001");
  private static final BigDecimal MAX_CPUS = BigDecimal.valueOf(4096);
  private static final Duration DEFAULT_GRACE = Duration.ofSeconds(30);
  private static final Duration MAX_GRACE = Duration.ofMinutes(10);

  private static final TextForm NAME =
      new TextForm(
          63,
          "[a-z0-9]+([.-][a-z0-9]+)*",
          "BAD_NAME",
          "lower-case letters and digits, joined by single dots or dashes (web, db-1.test)");
  private static final TextForm DISPLAY_NAME =
      new TextForm(
          256, "[^\\x00-\\x1f\\x7f-\\x9f]+", "BAD_VALUE", "a text without control characters");
  private static final TextForm EXECUTOR =
      new TextForm(
          63,
          "[a-z0-9]+(-[a-z0-9]+)*",
          "BAD_NAME",
          "lower-case letters and digits, joined by single dashes (native-container)");
  private static final TextForm USER =
      new TextForm(
          256,
          "[^:\\x00-\\x20\\x7f-\\x9f]+(:[^:\\x00-\\x20\\x7f-\\x9f]+)?",
          "BAD_VALUE",
          "a user or user:group, by names or numbers");
  private static final TextForm WORKING_DIRECTORY =
      new TextForm(4095, "(?s)/.*", "BAD_VALUE", "an absolute path inside the task");
  private static final TextForm IMAGE =
      new TextForm(
          512,
          "([A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?/)?" // registry
              + "[a-z0-9]+((\\.|_{1,2}|-+)[a-z0-9]+)*(/[a-z0-9]+((\\.|_{1,2}|-+)[a-z0-9]+)*)*"
              + "(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?" // tag
              + "(@sha256:[0-9a-f]{64})?",
          "BAD_VALUE",
          "the name of an image, such as registry.example/web:1.27 or web@sha256:<64 hex digits>");

  private static final TextForm VARIABLE =
      new TextForm(1024, "[^=\\x00]+", "BAD_NAME", "a text without '=' and NUL");

  /** The key of a secret becomes the name of a file in the task. */
  private static final TextForm SECRET =
      new TextForm(
          128,
          "[A-Za-z0-9_][A-Za-z0-9_.-]*",
          "BAD_NAME",
          "letters, digits, '_', '.' and '-', the first no '.' or '-', to be the name of a file");

  private final Path baseDirectory;

  TaskDocumentReader(Path baseDirectory) {
    this.baseDirectory = baseDirectory;
  }

  /** Where the root comes from, and whether it is read-only. */
  private record Root(RootSource source, boolean readOnly) {
    static final Root NODE = new Root(new RootSource.Host(), false);
  }

  private record Resources(long memoryBytes, int milliCpus, OptionalLong taxMemoryBytes) {
    static final Resources NONE = new Resources(1, 1, OptionalLong.empty());
  }

  /**
   * Reads one document. What is wrong goes to the problems of the value; what is returned then has
   * stand-ins in some places and is not to be used.
   */
  Optional<TaskDocument> read(DocumentValue document) {
    return document.object(this::task);
  }

  private Optional<TaskDocument> task(DocumentObject task) {
    task.optional("version", v -> v.whole(1, 1));
    task.notYet("tools", "volumes", "interfaces", "devices", "health", "restart", "after");
    Root root = task.optional("root", v -> v.object(this::root)).orElse(Root.NODE);
    Resources resources =
        task.required("resources", v -> v.object(TaskDocumentReader::resources))
            .orElse(Resources.NONE);
    return Optional.of(
        new TaskDocument(
            task.required("name", v -> v.text(NAME)).orElse(""),
            task.optional("displayName", v -> v.text(DISPLAY_NAME)),
            task.optional("executor", v -> v.text(EXECUTOR)),
            root.source(),
            root.readOnly(),
            task.list("command", MAX_LIST, TaskDocumentReader::argument),
            task.optional("user", v -> v.scalar(USER)),
            task.optional("workingDir", v -> v.text(WORKING_DIRECTORY)),
            task.optional("env", v -> v.confidential().object(this::env)).orElse(new TreeMap<>()),
            task.optional("init", DocumentValue::flag).orElse(false),
            resources.memoryBytes(),
            resources.milliCpus(),
            resources.taxMemoryBytes(),
            task.optional("stop", v -> v.object(TaskDocumentReader::grace)).orElse(DEFAULT_GRACE),
            task.optional("options", DocumentValue::tree)
                .orElseGet(JsonNodeFactory.instance::objectNode)));
  }

  private Optional<Root> root(DocumentObject root) {
    List<String> kinds = root.present("image", "layout", "directory", "bundle", "host");
    List<String> otherKinds = root.notYet("file", "disk", "jar");
    root.notYet("maxWritable", "pull");
    if (kinds.size() > 1) {
      root.refuse("CONFLICT", "has " + String.join(" and ", kinds) + "; keep one of them");
    } else if (kinds.isEmpty() && otherKinds.isEmpty()) {
      root.refuse("MISSING", "needs one of image, layout, directory, bundle, or host: true");
    }
    Optional<RootSource> source =
        Stream.of(
                root.optional("image", v -> v.text(IMAGE).map(RootSource.Image::new)),
                root.optional("layout", v -> path(v).map(RootSource.Layout::new)),
                root.optional("directory", v -> directory(v).map(RootSource.Directory::new)),
                root.optional("bundle", v -> path(v).map(RootSource.Bundle::new)),
                root.optional("host", TaskDocumentReader::host))
            .<RootSource>flatMap(Optional::stream)
            .findFirst();
    boolean readOnly = root.optional("readOnly", DocumentValue::flag).orElse(false);
    return source.map(from -> new Root(from, readOnly));
  }

  private Optional<String> path(DocumentValue v) {
    return v.path(baseDirectory);
  }

  private Optional<String> directory(DocumentValue v) {
    return path(v)
        .flatMap(
            path ->
                path.equals("/")
                    ? v.refuse(
                        "BAD_VALUE", "is the root of the node itself; write root: {host: true}")
                    : Optional.of(path));
  }

  private static Optional<RootSource> host(DocumentValue v) {
    return v.flag()
        .flatMap(
            host ->
                host
                    ? Optional.of(new RootSource.Host())
                    : v.refuse("BAD_VALUE", "can be true alone; remove it for another root"));
  }

  private static Optional<String> argument(int index, DocumentValue v) {
    return v.scalar()
        .flatMap(
            argument -> {
              if (index == 0 && argument.isEmpty()) {
                return v.refuse("BAD_VALUE", "must name a program");
              }
              return bytes(argument) > MAX_ARGUMENT
                  ? v.refuse("OUT_OF_RANGE", "must have at most " + MAX_ARGUMENT + " bytes")
                  : Optional.of(argument);
            });
  }

  private Optional<SortedMap<String, EnvValue>> env(DocumentObject env) {
    return Optional.of(
        env.entries(MAX_LIST, (key, v) -> v.isObject() ? secret(key, v) : variable(key, v)));
  }

  private static Optional<EnvValue> variable(String key, DocumentValue v) {
    if (!VARIABLE.fits(key)) {
      return v.refuse(VARIABLE.code(), "the name of a variable " + VARIABLE.message());
    }
    return v.scalar()
        .flatMap(
            text ->
                bytes(key) + 1 + bytes(text) > MAX_ARGUMENT
                    ? v.refuse(
                        "OUT_OF_RANGE",
                        "name and value must have less than "
                            + MAX_ARGUMENT
                            + " bytes together; give it as a file")
                    : Optional.of(new EnvValue.Text(text)));
  }

  private Optional<EnvValue> secret(String key, DocumentValue v) {
    if (!SECRET.fits(key)) {
      v.refuse(SECRET.code(), "the name of a secret " + SECRET.message());
    }
    return v.object(
        value ->
            value
                .required("secret", s -> s.object(secret -> secret.required("file", this::path)))
                .map(EnvValue.Secret::new));
  }

  private static Optional<Resources> resources(DocumentObject resources) {
    resources.notYet("pin");
    long memory = resources.required("memory", v -> v.size(1)).orElse(1L);
    int milliCpus = resources.optional("cpus", TaskDocumentReader::milliCpus).orElse(1000);
    OptionalLong taxMemory =
        resources
            .optional("tax", v -> v.object(tax -> tax.required("memory", m -> m.size(0))))
            .map(OptionalLong::of)
            .orElse(OptionalLong.empty());
    return Optional.of(new Resources(memory, milliCpus, taxMemory));
  }

  private static Optional<Integer> milliCpus(DocumentValue v) {
    return v.number(MIN_CPUS, MAX_CPUS)
        .map(cpus -> cpus.movePointRight(3).stripTrailingZeros())
        .flatMap(
            milli ->
                milli.scale() <= 0
                    ? Optional.of(milli.intValueExact())
                    : v.refuse("OUT_OF_RANGE", "must have at most three decimals"));
  }

  private static Optional<Duration> grace(DocumentObject stop) {
    return stop.optional("grace", v -> v.duration(MAX_GRACE));
  }

  private static int bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }
}
