package org.lfedge.eve.tasks.dist;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.plugin.JarCall;

/** The program of the sandbox in which a JAR runs that nobody vouches for. */
public final class JarRunner {

  private JarRunner() {}

  /**
   * Writes the answer to the standard output, or why there is none to the standard error.
   *
   * @param args the JAR, named by its digest, and the file with the call
   */
  public static void main(String[] args) throws IOException {
    PrintStream answers = System.out;
    // What the executor prints is no part of the answer.
    System.setOut(System.err);
    int status = 0;
    try {
      answers.write(JarCall.answer(Path.of(args[0]), Files.readAllBytes(Path.of(args[1]))));
      answers.flush();
    } catch (TaskException failure) {
      System.err.println(failure.first());
      System.err.flush();
      status = 1;
    }
    // Threads of the executor's are nothing to wait for.
    Runtime.getRuntime().halt(status);
  }
}
