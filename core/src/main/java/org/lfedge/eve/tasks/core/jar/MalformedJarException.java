package org.lfedge.eve.tasks.core.jar;

import java.io.IOException;

/** A file is no JAR that could be used, and why: {@code its central directory is cut off}. */
public final class MalformedJarException extends IOException {

  private static final long serialVersionUID = 1L;

  MalformedJarException(String why) {
    super(why);
  }
}
