package org.lfedge.eve.tasks.core.port;

/**
 * The texts of {@code /etc/passwd} and {@code /etc/group} of a root file system, empty where there
 * is none.
 */
public record AccountFiles(String passwd, String group) {

  /** A root without accounts. */
  public static final AccountFiles NONE = new AccountFiles("", "");
}
