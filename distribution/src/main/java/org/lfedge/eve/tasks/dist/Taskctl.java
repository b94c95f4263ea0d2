package org.lfedge.eve.tasks.dist;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.logging.Level;
import org.lfedge.eve.tasks.dist.cli.CommandLineClient;
import org.lfedge.eve.tasks.dist.cli.Terminal;

/** The command line. */
public final class Taskctl {

  private Taskctl() {}

  /** Runs one command and ends the process with its exit status. */
  public static void main(String[] args) {
    LogSetup.toStandardError(Level.SEVERE, NodeConfig.LogFormat.TEXT);
    Terminal terminal =
        new Terminal(
            System.in,
            stream(FileDescriptor.out),
            stream(FileDescriptor.err),
            new ProcessInterrupts(),
            new SttyDevice());
    Installation installation = Installation.find();
    int status =
        CommandLineClient.run(
            args,
            terminal,
            Clock.systemUTC(),
            Installation.version(),
            installation.executors(),
            FileVerifier.of(installation));
    System.exit(status);
  }

  /** A stream in UTF-8 whatever the locale says; {@code System.out} would follow the locale. */
  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(
        new BufferedOutputStream(new FileOutputStream(descriptor), 8192),
        true,
        StandardCharsets.UTF_8);
  }
}
