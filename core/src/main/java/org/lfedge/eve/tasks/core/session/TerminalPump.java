package org.lfedge.eve.tasks.core.session;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.port.Terminals.Viewer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what the terminal of a task shows, always, so that the task never waits: to its log, and to
 * whoever looks on.
 */
final class TerminalPump {

  private static final Logger LOG = LoggerFactory.getLogger(TerminalPump.class);

  /** For the rest to be read when the other side has closed. */
  private static final Duration DRAIN = Duration.ofSeconds(2);

  /** What was read and not written yet is lost if the daemon is killed just then. */
  private static final int CHUNK_BYTES = 4 << 10;

  private final String task;
  private final Path log;
  private final FifoDirectory fifos;
  private final FifoReader reader;
  private final List<Viewer> viewers = new ArrayList<>();
  private boolean ended;
  private boolean complained;

  /** Begins to read a terminal's FIFOs, which are there. */
  TerminalPump(String task, FifoDirectory fifos, Path log) {
    this.task = task;
    this.log = log;
    this.fifos = fifos;
    reader =
        new FifoReader(
            "terminal-" + task, fifos.reading(FifoTerminals.OUTPUT), CHUNK_BYTES, this::take);
    var unused = reader.end().thenRun(this::end);
  }

  private void take(ByteBuffer data) {
    keep(data.duplicate());
    for (Viewer viewer : present()) {
      if (!viewer.show(data.duplicate())) {
        remove(viewer);
      }
    }
  }

  /** A copy: viewers are called without the lock, under which they come and go. */
  private List<Viewer> present() {
    synchronized (viewers) {
      return List.copyOf(viewers);
    }
  }

  /** What finds no room is dropped: better a gap in the log than a task that stands still. */
  private void keep(ByteBuffer data) {
    try (FileChannel file =
        FileChannel.open(
            log, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
      while (data.hasRemaining()) {
        file.write(data);
      }
      complained = false;
    } catch (IOException e) {
      if (!complained) {
        LOG.error("task {}: what its terminal shows cannot be kept: {}", task, e.toString());
      }
      complained = true;
    }
  }

  /** Shows a viewer what comes from now on. */
  void add(Viewer viewer) {
    synchronized (viewers) {
      if (!ended) {
        viewers.add(viewer);
        return;
      }
    }
    viewer.end();
  }

  void remove(Viewer viewer) {
    synchronized (viewers) {
      viewers.remove(viewer);
    }
  }

  private void end() {
    List<Viewer> left;
    synchronized (viewers) {
      ended = true;
      left = List.copyOf(viewers);
      viewers.clear();
    }
    left.forEach(Viewer::end);
  }

  /** Where input goes, for somebody who closes it. */
  FifoWriter input(String name) {
    return new FifoWriter(name, fifos.both(FifoTerminals.INPUT), () -> {});
  }

  /** Reads what is left, then lets go of the FIFOs. */
  void drain() {
    fifos.letGo();
    reader.end().completeOnTimeout(null, DRAIN.toMillis(), TimeUnit.MILLISECONDS).join();
    fifos.close();
  }

  /** Lets go of the FIFOs; what is in them stays there for as long as the task holds them. */
  void close() {
    fifos.close();
  }
}
