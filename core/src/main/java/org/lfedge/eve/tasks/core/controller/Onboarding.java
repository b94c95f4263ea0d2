package org.lfedge.eve.tasks.core.controller;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.controller.Message.Kind;
import org.lfedge.eve.tasks.core.controller.Standing.Device;
import org.lfedge.eve.tasks.core.controller.Standing.Part;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.EdgeConfigs;
import org.lfedge.eve.tasks.core.files.DurableFiles;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a node comes to be known to its controller, and to know its own UUID. */
final class Onboarding {

  private static final Logger LOG = LoggerFactory.getLogger(EdgeController.class);
  private static final String UUID_FILE = "uuid";

  private final ControllerSettings settings;
  private final ControllerClient client;
  private final OutgoingMessages messages;
  private final DurableFiles files;
  private final Path file;
  private @Nullable DeviceIdentity identity;
  private Optional<String> uuid;

  /** Whether the controller has to be asked for the UUID, as it did not know the node by it. */
  private boolean doubted;

  Onboarding(
      ControllerSettings settings,
      ControllerClient client,
      OutgoingMessages messages,
      Standing standing) {
    this.settings = settings;
    this.client = client;
    this.messages = messages;
    this.files = new DurableFiles(settings.stateDirectory());
    this.file = settings.stateDirectory().resolve(UUID_FILE);
    this.uuid = stored(standing);
  }

  /** Of a file that is of no use is told, and the controller is asked. */
  private Optional<String> stored(Standing standing) {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      String text = new String(files.read(UUID_FILE), StandardCharsets.UTF_8).strip();
      if (EdgeConfigs.UUID.matcher(text).matches()) {
        return Optional.of(text);
      }
      standing.failed(
          Part.CONFIG,
          DamagedFile.setAside("STORED_UUID_DAMAGED", "UUID of this node", file, "it is none"));
    } catch (IOException e) {
      standing.failed(Part.CONFIG, ControllerProblems.state("read " + file, e).first());
    }
    return Optional.empty();
  }

  /** The UUID is asked for before the node is used again. */
  void doubt() {
    doubted = true;
  }

  /** This node; the controller is asked for what is not known. */
  Device device() {
    DeviceIdentity known = identity();
    if (!client.hasCertificates()) {
      var unused = client.fetchCertificates();
    }
    if (uuid.isEmpty() || doubted) {
      String given = ask(known);
      if (!uuid.equals(Optional.of(given))) {
        LOG.info("The controller {} knows this node as {}", settings.server(), given);
        forgetMessages();
        keep(given);
      }
      uuid = Optional.of(given);
      doubted = false;
    }
    return new Device(known, uuid.get());
  }

  private DeviceIdentity identity() {
    if (identity == null) {
      identity =
          settings
              .device()
              .map(DeviceIdentity::read)
              .orElseGet(() -> new KeptIdentity(settings.stateDirectory()).get());
    }
    return identity;
  }

  /** A node that may not register can be known all the same, by the hands of people. */
  private String ask(DeviceIdentity known) {
    Optional<TaskException> refused = Optional.empty();
    if (settings.onboarding().isPresent()) {
      try {
        client.register(DeviceIdentity.read(settings.onboarding().get()), known, settings.serial());
      } catch (TaskException e) {
        refused = Optional.of(e);
      }
    }
    try {
      return client.uuid(known);
    } catch (TaskException e) {
      throw refused.orElse(e);
    }
  }

  /** What was to be told of the node by another UUID; what apps wrote names them alone. */
  private void forgetMessages() {
    messages.removeAll(Kind.INFO);
    messages.removeAll(Kind.METRICS);
  }

  private void keep(String given) {
    try {
      files.write(UUID_FILE, (given + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw ControllerProblems.state("keep the UUID of this node in " + file, e);
    }
  }
}
