package org.lfedge.eve.tasks.core.session;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.InsideProcess;
import org.lfedge.eve.tasks.core.port.InsideProcesses;
import org.lfedge.eve.tasks.core.port.InsideProgram;
import org.lfedge.eve.tasks.core.port.StreamFifos;
import org.lfedge.eve.tasks.core.port.TerminalSize;

/**
 * A runtime that opens the other ends of FIFOs as a shim does, and runs programs that do what a
 * test tells them. A program named {@code nope} is not there.
 */
final class FakeInsideProcesses implements InsideProcesses {

  /** What was asked, in order, such as {@code signal 1}; ids of processes are left out. */
  final List<String> calls = Collections.synchronizedList(new ArrayList<>());

  /** The programs that were started. */
  final List<Running> started = Collections.synchronizedList(new ArrayList<>());

  /** A program and its ends of the FIFOs. */
  static final class Running {
    final InsideProcess process;
    final FileChannel out;
    final FileChannel err;
    final StreamFifos fifos;
    final CompletableFuture<Integer> exit = new CompletableFuture<>();

    Running(InsideProcess process, StreamFifos fifos) {
      this.process = process;
      this.fifos = fifos;
      out = open(fifos.stdout(), StandardOpenOption.WRITE);
      err = open(fifos.stderr().orElseThrow(), StandardOpenOption.WRITE);
    }

    private static FileChannel open(Path fifo, StandardOpenOption direction) {
      try {
        return FileChannel.open(fifo, direction);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void write(FileChannel stream, String text) {
      try {
        stream.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** Its end of its input. */
    FileChannel in() {
      return open(fifos.stdin().orElseThrow(), StandardOpenOption.READ);
    }

    void close() {
      try {
        out.close();
        err.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public CompletableFuture<Void> start(
      InsideProcess process, InsideProgram program, StreamFifos streams) {
    calls.add("start " + program.args().get(0));
    if (program.args().get(0).equals("nope")) {
      return CompletableFuture.failedFuture(
          TaskException.failed(Problem.user("EXECUTABLE_NOT_FOUND", "nope")));
    }
    started.add(new Running(process, streams));
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletableFuture<Integer> exit(InsideProcess process) {
    return started.stream()
        .filter(running -> running.process.equals(process))
        .findFirst()
        .orElseThrow()
        .exit;
  }

  @Override
  public CompletableFuture<Void> signal(InsideProcess process, int signal) {
    calls.add("signal " + signal);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletableFuture<Void> closeInput(InsideProcess process) {
    calls.add("close input");
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletableFuture<Void> resize(InsideProcess process, TerminalSize size) {
    calls.add("resize " + size.columns());
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletableFuture<Void> remove(InsideProcess process) {
    calls.add("remove from " + process.task());
    for (Running running : List.copyOf(started)) {
      if (running.process.equals(process) && running.exit.complete(137)) {
        running.close();
      }
    }
    return CompletableFuture.completedFuture(null);
  }
}
