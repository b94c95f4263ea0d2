package org.lfedge.eve.tasks.executor.jvm;

import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.SeedRequest;
import org.lfedge.eve.tasks.spi.task.ResolvedImage;

/**
 * The JVM in the tools: where it is, and of which version of Java.
 *
 * @param version such as 17
 */
record ToolsJava(int version) {

  /** Where tools have it. */
  static final String PROGRAM = "/opt/java/bin/java";

  /** What tools say of it. */
  static final String LABEL = "org.lfedge.eve.tasks.java";

  /** The first with all options that are used here. */
  static final int LOWEST = 17;

  /** Of class files of Java 1.0, if there had been a number for each version then. */
  private static final int CLASS_FILE_OFFSET = 44;

  static ToolsJava of(SeedRequest request) throws SeedException {
    ResolvedImage tools =
        request
            .tools()
            .orElseThrow(
                () ->
                    new SeedException(
                        "TOOLS_MISSING",
                        "tools",
                        "a JAR needs a tools image with a JVM; name it in the document as tools,"
                            + " or for all tasks under executors.jvm.tools in the config of the"
                            + " node"));
    String label = tools.labels().getOrDefault(LABEL, "");
    if (!label.matches("[1-9][0-9]{0,2}") || Integer.parseInt(label) < LOWEST) {
      throw new SeedException(
          "TOOLS_UNSUITABLE",
          "tools",
          (label.isEmpty()
                  ? "the tools have no label " + LABEL
                  : "the label " + LABEL + " of the tools says " + label)
              + ", which is to say the version of Java in them, "
              + LOWEST
              + " or later; use tools with a JVM");
    }
    return new ToolsJava(Integer.parseInt(label));
  }

  /**
   * Refuses classes for a later version.
   *
   * @param classVersion of a class file, as text
   * @param what class it is
   */
  void require(String classVersion, String what, String path) throws SeedException {
    if (!classVersion.matches("[0-9]{1,5}")) {
      throw new SeedException(
          "NOT_A_JAR", path, "the class file of " + what + " has version " + classVersion);
    }
    int needed = Integer.parseInt(classVersion) - CLASS_FILE_OFFSET;
    if (needed > version) {
      throw new SeedException(
          "JAVA_TOO_OLD",
          path,
          what
              + " is compiled for Java "
              + needed
              + " (class file version "
              + classVersion
              + "), and the tools have Java "
              + version
              + "; use tools with Java "
              + needed
              + " or later, or a JAR that is compiled for "
              + version);
    }
  }
}
