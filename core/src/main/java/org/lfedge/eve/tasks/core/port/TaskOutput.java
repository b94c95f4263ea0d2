package org.lfedge.eve.tasks.core.port;

import java.util.List;

/** What tasks write to their standard streams: taken in, kept within bounds, and read again. */
public interface TaskOutput {

  /** Where the streams of a task go, whether the files are there or not. */
  OutputFiles files(String task);

  /** Makes sure that the two files exist, empty or as they are; what is appended is taken in. */
  @Effect
  OutputFiles create(String task);

  /** Removes all that a task has written. */
  @Effect
  void remove(String task);

  /** The tasks of which output is there. */
  List<String> tasks();

  /** Reads what a task wrote; a task without output has none to read. */
  OutputReader read(String task, OutputSelection selection);

  /**
   * Reads on in what a task wrote. What of it is not kept any more is told as dropped; if that is
   * so of the place itself, or a file of the task was emptied or cut short near it, some of what is
   * before it may come again.
   */
  OutputReader readOn(String task, OutputPlace place);

  /** The streams that are stuck now, as far as is known; see {@link StuckOutput}. */
  List<StuckOutput> stuck();
}
