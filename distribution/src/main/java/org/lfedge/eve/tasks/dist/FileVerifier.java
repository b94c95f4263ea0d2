package org.lfedge.eve.tasks.dist;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.config.Platform;
import org.lfedge.eve.tasks.core.declarative.DeclarativeExecutor;
import org.lfedge.eve.tasks.core.engine.ArtifactLabels;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.image.FileHead;
import org.lfedge.eve.tasks.core.image.LayerLimits;
import org.lfedge.eve.tasks.core.image.LayoutImage;
import org.lfedge.eve.tasks.core.verification.Check;
import org.lfedge.eve.tasks.core.verification.ContractChecks;
import org.lfedge.eve.tasks.core.verification.Report;
import org.lfedge.eve.tasks.dist.cli.ExecutorVerifier;

/** Verifies executors in files, as their vendors have them. */
final class FileVerifier implements ExecutorVerifier {

  private static final String DEFAULT_NAME = "seed";

  private static final String READABLE = "SEED_JSON";
  private static final String READABLE_TEXT =
      "the file is a seed.json that docs/declarative-executors.md describes";
  private static final String LABELLED = "LABELS";
  private static final String LABELLED_TEXT =
      "the labels of the image say what its executor is called, of what form it is, where it lies"
          + " and for which version of the SPI";
  private static final String IN_PLACE = "FILE_IN_PLACE";
  private static final String IN_PLACE_TEXT =
      "there is a file in the image where its label says, no larger than a node takes";
  private static final String SAME_NAME = "NAME_AS_LABELLED";
  private static final String SAME_NAME_TEXT = "the executor has the name that the label gives";
  private static final String RUNNABLE = "RUNS_FOR_ALL";
  private static final String RUNNABLE_TEXT =
      "the program may be read and run by everybody, since a node runs it as nobody, and its"
          + " interpreter is in the image";

  /** As much as the kernel reads of a script to find its interpreter. */
  private static final int SCRIPT_LINE_BYTES = 256;

  private static final byte[] ZIP = {'P', 'K'};

  private final JarCheckProcess jars;
  private final Platform platform;

  FileVerifier(JarCheckProcess jars, Platform platform) {
    this.jars = jars;
    this.platform = platform;
  }

  /** With the runtime and the libraries of a distribution, or those of this program in tests. */
  static FileVerifier of(Installation installation) {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    String classPath =
        Files.isDirectory(installation.libraries())
            ? installation.libraries() + "/*"
            : System.getProperty("java.class.path");
    return new FileVerifier(
        new JarCheckProcess(java, classPath), Platform.linux(System.getProperty("os.arch")));
  }

  @Override
  public Report verify(Path file, Optional<String> name, Duration deadline) {
    if (!Files.exists(file)) {
      throw TaskException.notFound(
          Problem.user(
              "FILE_NOT_FOUND",
              file + " is not there; give a JAR, a seed.json, or an OCI layout of an image"));
    }
    try {
      Path directory = Files.createTempDirectory("taskctl-verify-");
      try {
        return verify(file, name, deadline, directory);
      } finally {
        delete(directory);
      }
    } catch (IOException e) {
      throw TaskException.failed(Problem.host("CANNOT_READ", "cannot read " + file + ": " + e), e);
    }
  }

  private Report verify(Path file, Optional<String> name, Duration deadline, Path directory)
      throws IOException {
    byte[] start = start(file);
    if (start.length >= 2 && start[0] == ZIP[0] && start[1] == ZIP[1]) {
      return jars.check(file, directory, deadline);
    }
    if (file.toString().endsWith(".json")
        || new String(start, StandardCharsets.UTF_8).startsWith("{")) {
      return declarative(
          name.orElse(DEFAULT_NAME), read(file, ArtifactLabels.Form.DECLARATIVE.maxBytes() + 1));
    }
    if (file.toString().endsWith(".jar")) {
      return jars.check(file, directory, deadline);
    }
    return image(file, deadline, directory);
  }

  private static byte[] start(Path file) throws IOException {
    return Files.isDirectory(file) ? new byte[0] : read(file, ZIP.length);
  }

  private static byte[] read(Path file, int most) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(most);
    }
  }

  private static Report declarative(String name, byte[] text) {
    List<Check> checks = new ArrayList<>();
    try {
      DeclarativeExecutor executor = DeclarativeExecutor.of(name, text);
      checks.add(Check.kept(READABLE, READABLE_TEXT));
      checks.addAll(ContractChecks.of(() -> executor));
    } catch (TaskException e) {
      for (Problem problem : e.problems()) {
        checks.add(Check.broken(READABLE, READABLE_TEXT, problem.toString()));
      }
      checks.addAll(ContractChecks.missing(checks, "the file cannot be used"));
    }
    return new Report("declarative", Optional.of(name), Optional.empty(), checks);
  }

  private Report image(Path file, Duration deadline, Path directory) throws IOException {
    try (LayoutImage image =
        LayoutImage.open(file, directory.resolve("layout"), platform, LayerLimits.DEFAULT)) {
      ArtifactLabels labels;
      try {
        labels = ArtifactLabels.of(image.labels());
      } catch (TaskException e) {
        List<Check> faults =
            e.problems().stream()
                .map(problem -> Check.broken(LABELLED, LABELLED_TEXT, problem.message()))
                .toList();
        return new Report("", Optional.empty(), Optional.empty(), faults);
      }
      Report report =
          labels.form() == ArtifactLabels.Form.EXECUTABLE
              ? program(image, labels)
              : file(image, labels, deadline, directory);
      return new Report(
          labels.form().name().toLowerCase(Locale.ROOT),
          Optional.of(labels.executor()),
          Optional.of(labels.version()),
          report.after(List.of(Check.kept(LABELLED, LABELLED_TEXT))).checks());
    }
  }

  private Report file(LayoutImage image, ArtifactLabels labels, Duration deadline, Path directory)
      throws IOException {
    byte[] content;
    try {
      content = image.file(labels.path(), labels.form().maxBytes()).orElseThrow(labels::noFile);
    } catch (TaskException e) {
      return only(Check.broken(IN_PLACE, IN_PLACE_TEXT, e.first().message()));
    }
    Report report;
    if (labels.form() == ArtifactLabels.Form.JAR) {
      Path jar = Files.write(directory.resolve("executor.jar"), content);
      report = jars.check(jar, directory, deadline);
    } else {
      report = declarative(labels.executor(), content);
    }
    List<Check> named =
        report.executor().map(own -> named(labels, own)).map(List::of).orElse(List.of());
    return report.after(List.of(Check.kept(IN_PLACE, IN_PLACE_TEXT))).with(named);
  }

  private static Check named(ArtifactLabels labels, String own) {
    try {
      labels.requireName(own);
      return Check.kept(SAME_NAME, SAME_NAME_TEXT);
    } catch (TaskException e) {
      return Check.broken(SAME_NAME, SAME_NAME_TEXT, e.first().message());
    }
  }

  /** What can be told of a program without running it, which takes a sandbox. */
  private static Report program(LayoutImage image, ArtifactLabels labels) {
    Optional<FileHead> head = image.head(labels.path(), SCRIPT_LINE_BYTES);
    if (head.isEmpty()) {
      return only(Check.broken(IN_PLACE, IN_PLACE_TEXT, labels.noFile().first().message()));
    }
    List<Check> checks = new ArrayList<>(List.of(Check.kept(IN_PLACE, IN_PLACE_TEXT)));
    checks.add(
        unrunnable(image, labels.path(), head.get())
            .map(why -> Check.broken(RUNNABLE, RUNNABLE_TEXT, why))
            .orElse(Check.kept(RUNNABLE, RUNNABLE_TEXT)));
    checks.addAll(
        ContractChecks.missing(
            checks, "a program runs in the sandbox of a node: apply a task that names the image"));
    return new Report("executable", Optional.empty(), Optional.empty(), checks);
  }

  private static Optional<String> unrunnable(LayoutImage image, String path, FileHead head) {
    if (!head.executableByAll()) {
      return Optional.of(
          path + " has mode " + Integer.toOctalString(head.mode()) + "; give it mode 755");
    }
    String start = new String(head.start(), StandardCharsets.UTF_8);
    if (!start.startsWith("#!")) {
      return Optional.empty();
    }
    String interpreter =
        start.substring(2).lines().findFirst().orElse("").strip().split("\\s+", 2)[0];
    return image.head(interpreter, 0).isPresent()
        ? Optional.empty()
        : Optional.of(path + " is for " + interpreter + ", which is not in the image");
  }

  private static Report only(Check check) {
    List<Check> checks = new ArrayList<>(List.of(check));
    checks.addAll(ContractChecks.missing(checks, "there is no executor to ask"));
    return new Report("", Optional.empty(), Optional.empty(), checks);
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
