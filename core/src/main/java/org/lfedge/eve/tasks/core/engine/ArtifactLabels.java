package org.lfedge.eve.tasks.core.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.Executor;

/**
 * What the labels of an image of tools say of the executor that it brings along.
 *
 * @param executor its name
 * @param path where in the root of the image it lies; absolute
 * @param version of the artifact, for people
 */
public record ArtifactLabels(String executor, Form form, String path, String version) {

  /** The executor that the tools are for, or bring along. */
  static final String EXECUTOR = "org.lfedge.eve.tasks.executor";

  private static final String FORM = EXECUTOR + ".form";
  private static final String PATH = EXECUTOR + ".path";
  private static final String SPI = EXECUTOR + ".spi";
  private static final String VERSION = "org.opencontainers.image.version";

  private static final Pattern VERSION_NUMBER = Pattern.compile("[0-9]+([.][0-9]+){0,2}");

  /** What an executor in an image is. */
  public enum Form {
    /** A JAR; it is in the memory of whoever takes it out of its layer. */
    JAR(8 << 20),
    /** A seed.json. */
    DECLARATIVE(256 * 1024),
    /** A program; it stays in its image. */
    EXECUTABLE(0);

    private final int maxBytes;

    Form(int maxBytes) {
      this.maxBytes = maxBytes;
    }

    /** The largest file of this form, in bytes. */
    public int maxBytes() {
      return maxBytes;
    }
  }

  /** Whether an image brings an executor along. */
  public static boolean bring(SortedMap<String, String> labels) {
    return labels.containsKey(FORM);
  }

  /**
   * Reads labels that say that there is an executor.
   *
   * @throws TaskException {@code BAD_ARTIFACT}, once for each label that cannot be used
   */
  public static ArtifactLabels of(SortedMap<String, String> labels) {
    List<String> faults = new ArrayList<>();
    Optional<String> name = label(labels, EXECUTOR);
    if (name.isEmpty()) {
      faults.add("has no label " + EXECUTOR + " with the executor's name");
    }
    Optional<String> path =
        label(labels, PATH)
            .filter(text -> text.startsWith("/") && !("/" + text + "/").contains("/../"));
    if (path.isEmpty()) {
      faults.add("has no label " + PATH + " with an absolute path without .. in it");
    }
    checkSpi(label(labels, SPI), faults);
    String word = label(labels, FORM).orElse("");
    Optional<Form> form =
        Stream.of(Form.values())
            .filter(known -> known.name().toLowerCase(Locale.ROOT).equals(word))
            .findFirst();
    if (form.isEmpty()) {
      faults.add(
          "has the label " + FORM + ": " + word + "; it must be jar, declarative or executable");
    }
    if (!faults.isEmpty()) {
      throw TaskException.failed(faults.stream().map(ArtifactLabels::problem).toList());
    }
    return new ArtifactLabels(
        name.orElseThrow(),
        form.orElseThrow(),
        path.orElseThrow(),
        labels.getOrDefault(VERSION, "unversioned"));
  }

  /** An image that leads nowhere: there is no file where its label says. */
  public TaskException noFile() {
    return bad("has no file " + path + ", which its label " + PATH + " names");
  }

  /**
   * Refuses an executor that says that it is another than its label says.
   *
   * @param own the name that the executor has
   * @throws TaskException {@code BAD_ARTIFACT}
   */
  public void requireName(String own) {
    if (!own.equals(executor)) {
      throw bad(
          "has the label " + EXECUTOR + ": " + executor + ", and its executor is called " + own);
    }
  }

  /** Only the major version can make it unusable; what is newer than us may use what we lack. */
  private static void checkSpi(Optional<String> version, List<String> faults) {
    String ours = Executor.SPI_VERSION.substring(0, Executor.SPI_VERSION.indexOf('.'));
    Optional<String> known = version.filter(text -> VERSION_NUMBER.matcher(text).matches());
    if (known.isEmpty()) {
      faults.add("has no label " + SPI + " with a version such as " + ours + ".0");
    } else if (!known.get().split("[.]", -1)[0].equals(ours)) {
      faults.add(
          "is made for version "
              + known.get()
              + " of the SPI, and this node has "
              + Executor.SPI_VERSION);
    }
  }

  private static Optional<String> label(SortedMap<String, String> labels, String key) {
    return Optional.ofNullable(labels.get(key)).filter(text -> !text.isBlank());
  }

  private static TaskException bad(String why) {
    return TaskException.failed(problem(why));
  }

  private static Problem problem(String why) {
    return Problem.user(
        "BAD_ARTIFACT", "this image of tools " + why + "; use another version of it");
  }
}
