package org.lfedge.eve.tasks.core.controller;

import java.io.IOException;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.files.DurableFiles;

/**
 * A controller of EVE that this node listens to and tells how it is. It has two threads, one that
 * asks for the config and one that sends messages; neither is started before {@link #start}.
 *
 * <p>The last config that was accepted is kept on disk and handed on at the start, before the
 * network is asked. One that is refused changes nothing.
 */
public final class EdgeController implements AutoCloseable {

  private static final int MAX_MESSAGES = 1000;
  private static final long MAX_MESSAGE_BYTES = 16L << 20;
  private static final long PATIENCE_MILLIS = 5000;

  private final ControllerSettings settings;
  private final ControllerConnection connection;
  private final OutgoingMessages messages;
  private final Standing standing = new Standing();
  private final Thread polling;
  private final Thread sending;

  /** Whom configs are for. */
  @FunctionalInterface
  public interface Receiver {

    /**
     * Takes a config that is verified, on the thread that asks for configs; it must be quick. The
     * first is the one that was stored, if there is one.
     */
    void configured(EdgeDevConfig config);
  }

  /**
   * How a node and its controller stand.
   *
   * @param device the UUID of this node, once it is known since the start
   * @param lastConfig when the config that holds was received
   * @param lastContact when the controller last answered as it should, since the start
   * @param problem why it does not, or why a config of it is not used
   * @param waiting how many messages are not sent yet
   */
  public record State(
      URI server,
      Optional<String> device,
      Optional<Instant> lastConfig,
      Optional<Instant> lastContact,
      Optional<Problem> problem,
      int waiting) {}

  /**
   * A controller; messages may be posted from now on.
   *
   * @param clock for certificates, and for what is told of when
   * @param chance numbers from 0 to 1, 1 excluded
   * @param environment for {@code HTTPS_PROXY} and {@code NO_PROXY}
   * @throws org.lfedge.eve.tasks.core.error.TaskException CONTROLLER_STATE if the state directory
   *     cannot be used
   */
  public EdgeController(
      ControllerSettings settings,
      Receiver receiver,
      InstantSource clock,
      DoubleSupplier chance,
      Map<String, String> environment) {
    this(
        settings,
        receiver,
        clock,
        new Schedule(chance),
        new ControllerConnection(settings, environment, ControllerConnection.Patience.USUAL));
  }

  EdgeController(
      ControllerSettings settings,
      Receiver receiver,
      InstantSource clock,
      Schedule schedule,
      ControllerConnection connection) {
    this.settings = settings;
    this.connection = connection;
    try {
      new DurableFiles(settings.stateDirectory()).prepare();
    } catch (IOException e) {
      throw ControllerProblems.state("make " + settings.stateDirectory(), e);
    }
    this.messages =
        new OutgoingMessages(
            settings.stateDirectory().resolve("messages"), MAX_MESSAGES, MAX_MESSAGE_BYTES);
    this.polling =
        daemon(
            new Polling(settings, connection, messages, receiver, clock, schedule, standing),
            "controller-config");
    this.sending =
        daemon(new Sending(connection, messages, clock, schedule, standing), "controller-messages");
  }

  private static Thread daemon(Runnable work, String name) {
    Thread thread = new Thread(work, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Begins to ask and to send; once. */
  public void start() {
    polling.start();
    sending.start();
  }

  /**
   * Keeps a message until it is sent; it survives the end of this process. If too many wait, the
   * oldest metrics are given up first, then the oldest logs, then the oldest information; logs have
   * half of the room at most.
   *
   * @throws org.lfedge.eve.tasks.core.error.TaskException CONTROLLER_STATE
   */
  public void post(Message message) {
    messages.put(message);
  }

  /** How things stand now. */
  public State state() {
    return standing.state(settings, messages.count());
  }

  /** Ends the threads; what is not sent stays on the disk. */
  @Override
  public void close() {
    polling.interrupt();
    sending.interrupt();
    connection.close();
    try {
      polling.join(PATIENCE_MILLIS);
      sending.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
