package org.lfedge.eve.tasks.core.port;

/**
 * A place in what a task wrote, to read on from later, also after the daemon was started again. It
 * has no meaning for the output of a task that was made anew.
 *
 * @param segment the part of the log that has the place, by its number
 * @param stdout how many bytes of standard output are before it; less than were written if its file
 *     was emptied or cut short meanwhile
 * @param stderr the same of standard error
 */
public record OutputPlace(long segment, long stdout, long stderr) {

  /** Before all that is kept. */
  public static final OutputPlace BEGINNING = new OutputPlace(0, 0, 0);

  /** How many bytes of a stream are before it. */
  public long offset(StandardStream stream) {
    return stream == StandardStream.STDOUT ? stdout : stderr;
  }

  /** This place, but one stream is read on from an earlier one, of the same or another segment. */
  public OutputPlace with(StandardStream stream, OutputPlace earlier) {
    return new OutputPlace(
        Math.min(segment, earlier.segment),
        stream == StandardStream.STDOUT ? earlier.stdout : stdout,
        stream == StandardStream.STDERR ? earlier.stderr : stderr);
  }

  /** This place, but so many bytes of a stream before it. */
  public OutputPlace before(StandardStream stream, int bytes) {
    return new OutputPlace(
        segment,
        stream == StandardStream.STDOUT ? stdout - bytes : stdout,
        stream == StandardStream.STDERR ? stderr - bytes : stderr);
  }
}
