package org.lfedge.eve.tasks.core.sandboxed;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.Sandbox;
import org.lfedge.eve.tasks.core.port.SandboxResult;
import org.lfedge.eve.tasks.core.seedprotocol.Answer;
import org.lfedge.eve.tasks.core.seedprotocol.Call;
import org.lfedge.eve.tasks.spi.Option;

/**
 * Asks code in sandboxes, a few at a time. An executor is a pure function, so that an answer stands
 * for good: the same call to the same code is not made twice while its answer is remembered.
 */
final class Conversations {

  private static final String ADVICE = "this is a fault of the executor, use another version of it";

  /** They take memory that is charged to nobody. */
  private static final int AT_ONCE = 2;

  private static final int REMEMBERED = 256;

  /** Larger answers are not remembered; with all that are, this is at most 16 MiB of text. */
  private static final int MAX_REMEMBERED_CHARS = 64 * 1024;

  private final Sandbox sandbox;
  private final Path directory;
  private final Semaphore turns = new Semaphore(AT_ONCE, true);
  private final Map<String, Answer> remembered =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Answer> eldest) {
          return size() > REMEMBERED;
        }
      };

  /**
   * Makes conversations in a sandbox.
   *
   * @param directory for the files that hold calls; it exists
   */
  Conversations(Sandbox sandbox, Path directory) {
    this.sandbox = sandbox;
    this.directory = directory;
  }

  /** Takes what was asked for out of an answer. */
  @FunctionalInterface
  interface Part<T, X extends Exception> {
    T of(Answer answer) throws X;
  }

  /**
   * Makes a call.
   *
   * @param declared the options of the executor
   * @param part what was asked for
   * @throws TaskException if there is no answer that can be used
   * @throws X if the answer is a refusal
   */
  <T, X extends Exception> T ask(Code code, Call call, List<Option> declared, Part<T, X> part)
      throws X {
    Answer answer = answer(code, call.toBytes(declared));
    try {
      return part.of(answer);
    } catch (TaskException e) {
      throw unusable(code, e);
    }
  }

  private Answer answer(Code code, byte[] request) {
    String key = key(code, request);
    synchronized (remembered) {
      Answer known = remembered.get(key);
      if (known != null) {
        return known;
      }
    }
    SandboxResult result = run(code, request);
    if (!result.success()) {
      throw failed(code, "EXECUTOR_FAILED", result.reason());
    }
    Answer answer = read(code, result.output());
    if (result.output().length() <= MAX_REMEMBERED_CHARS) {
      synchronized (remembered) {
        remembered.put(key, answer);
      }
    }
    return answer;
  }

  private SandboxResult run(Code code, byte[] request) {
    Path file = null;
    turns.acquireUninterruptibly();
    try {
      file = Files.createTempFile(directory, "request", ".json");
      Files.write(file, request);
      // Whoever it is in the sandbox; the directory keeps everybody else out.
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
      return sandbox.run(code.job(file, CallVariables.of(request)));
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host(
              "EXECUTOR_NOT_ASKED", "cannot write what is to be asked to " + directory + ": " + e),
          e);
    } finally {
      turns.release();
      remove(file);
    }
  }

  private static void remove(@Nullable Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("EXECUTOR_NOT_ASKED", "cannot remove what was asked, " + file + ": " + e),
          e);
    }
  }

  private static Answer read(Code code, String output) {
    try {
      return Answer.fromBytes(output.getBytes(StandardCharsets.UTF_8));
    } catch (TaskException e) {
      throw unusable(code, e);
    }
  }

  /** The code of what is wrong with it stays. */
  private static TaskException unusable(Code code, TaskException e) {
    return failed(code, e.first().code(), String.valueOf(e.first().message()));
  }

  private static TaskException failed(Code code, String problem, String why) {
    return TaskException.failed(
        Problem.host(
            problem,
            code.title()
                + " gave no answer that can be used: "
                + why
                + (why.endsWith(ADVICE) ? "" : "; " + ADVICE)));
  }

  private static String key(Code code, byte[] request) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update(code.digest().getBytes(StandardCharsets.UTF_8));
      sha256.update((byte) 0);
      return HexFormat.of().formatHex(sha256.digest(request));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has SHA-256", e);
    }
  }
}
