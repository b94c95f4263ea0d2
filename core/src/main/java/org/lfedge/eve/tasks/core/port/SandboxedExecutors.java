package org.lfedge.eve.tasks.core.port;

import java.nio.file.Path;
import org.lfedge.eve.tasks.spi.Executor;

/**
 * Makes executors of code that nobody vouches for: each call of one runs in a sandbox of its own,
 * and is refused with {@code EXECUTOR_FAILED} if it fails, takes too long, needs too much memory or
 * writes too much, with {@code ANSWER_INVALID} or {@code SEED_INVALID} if its answer cannot be
 * used. What was answered once is not asked again.
 */
public interface SandboxedExecutors {

  /**
   * The one executor in a JAR, run by the manager's own Java runtime.
   *
   * @param jar the content of the file
   * @throws org.lfedge.eve.tasks.core.error.TaskException if it has none, or it does not say who it
   *     is
   */
  Executor ofJar(byte[] jar);

  /**
   * The same of a file that stays where it is, and as it is, for as long as the executor is used.
   *
   * @param jar a file that everybody may read, named by its digest: {@code HEX.jar}
   * @param digest of it, {@code sha256:...}
   */
  Executor ofJar(Path jar, String digest);

  /**
   * A program that speaks the seed protocol.
   *
   * @param digest of the image that holds it
   * @param chainId of the uppermost layer of this image, which is unpacked
   * @param path of the program in the image
   * @throws org.lfedge.eve.tasks.core.error.TaskException if it does not say who it is
   */
  Executor ofProgram(String digest, String chainId, String path);
}
