package org.lfedge.eve.tasks.core.controller;

import java.time.InstantSource;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.controller.Message.Kind;
import org.lfedge.eve.tasks.core.controller.Standing.Device;
import org.lfedge.eve.tasks.core.controller.Standing.Part;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends what waits, the oldest first; what fails is tried again, unless that would be in vain. */
final class Sending implements Runnable {

  private static final Logger LOG = LoggerFactory.getLogger(EdgeController.class);

  /** Client errors that are not the message's. */
  private static final Set<Integer> PASSING = Set.of(401, 403, 408, 429);

  /** The controller knows this node by another UUID, or not at all; or, of a log, not the app. */
  private static final int UNKNOWN = 404;

  private final ControllerConnection connection;
  private final OutgoingMessages messages;
  private final InstantSource clock;
  private final Schedule schedule;
  private final Standing standing;

  Sending(
      ControllerConnection connection,
      OutgoingMessages messages,
      InstantSource clock,
      Schedule schedule,
      Standing standing) {
    this.connection = connection;
    this.messages = messages;
    this.clock = clock;
    this.schedule = schedule;
    this.standing = standing;
  }

  /** Until the thread is interrupted. */
  @Override
  public void run() {
    int failures = 0;
    try {
      while (!Thread.currentThread().isInterrupted()) {
        Optional<Problem> problem = next();
        if (problem.isEmpty()) {
          failures = 0;
          standing.succeeded(Part.MESSAGES, clock.instant());
        } else if (!Thread.currentThread().isInterrupted()) {
          failures++;
          standing.failed(Part.MESSAGES, problem.get());
          TimeUnit.NANOSECONDS.sleep(schedule.afterFailure(failures).toNanos());
        }
      }
    } catch (InterruptedException e) {
      // The end.
    }
  }

  private Optional<Problem> next() throws InterruptedException {
    try {
      return send(standing.awaitDevice(), messages.take());
    } catch (TaskException e) {
      return Optional.of(e.first());
    } catch (RuntimeException e) {
      LOG.error("A message cannot be sent", e);
      return Optional.of(
          Problem.internal(
              "MESSAGE_NOT_SENT",
              "a message to the controller cannot be sent: "
                  + e
                  + "; please report this, with what the log says"));
    }
  }

  private Optional<Problem> send(Device device, OutgoingMessages.Waiting next) {
    ControllerConnection.Reply reply =
        connection.send(device.identity(), device.uuid(), next.message());
    int status = reply.status();
    if (status >= 200 && status < 300) {
      messages.remove(next.number());
      return Optional.empty();
    }
    TaskException refused =
        connection.refused(
            "a message (" + next.message().kind() + " " + next.message().key() + ")", reply);
    boolean passing =
        PASSING.contains(status) || (status == UNKNOWN && next.message().kind() != Kind.LOGS);
    if (status >= 400 && status < 500 && !passing) {
      messages.remove(next.number());
      LOG.warn("{}; the message is given up", refused.getMessage());
      return Optional.empty();
    }
    return Optional.of(refused.first());
  }
}
