package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.security.cert.X509Certificate;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.EdgeConfigs;
import org.lfedge.eve.tasks.core.eve.api.ConfigRequest;
import org.lfedge.eve.tasks.core.eve.api.ConfigResponse;
import org.lfedge.eve.tasks.core.eve.api.UuidRequest;
import org.lfedge.eve.tasks.core.eve.api.UuidResponse;
import org.lfedge.eve.tasks.core.eve.api.ZRegisterMsg;

/** The questions of the API, each with its envelopes. Not for use by several threads. */
final class ControllerClient {

  private static final Set<Integer> DONE = Set.of(200, 201);
  private static final int NOT_MODIFIED = 304;

  /** The longest answer with a UUID, in bytes; it takes some hundreds. */
  private static final int MAX_UUID = 64 << 10;

  /**
   * The longest answer with a config, in bytes: one of some 3,000 apps. It is in memory as it came,
   * as messages, and as what is made of these, beside what was made of the config before: about ten
   * times as much, and the daemon has 64 MiB for everything.
   */
  private static final int MAX_CONFIG = 2 << 20;

  /** A refusal after which the certificates of the controller may have changed. */
  private static final Set<String> STALE =
      Set.of(ControllerProblems.UNKNOWN_SIGNER, ControllerProblems.CERTIFICATE_EXPIRED);

  private final ControllerConnection connection;
  private final List<X509Certificate> roots;
  private final InstantSource clock;
  private @Nullable ControllerCertificates certificates;

  ControllerClient(
      ControllerConnection connection, List<X509Certificate> roots, InstantSource clock) {
    this.connection = connection;
    this.roots = roots;
    this.clock = clock;
  }

  /**
   * A config as it came.
   *
   * @param certificates those by which it was verified, as they came
   */
  record Fetched(ByteString envelope, ByteString certificates, ConfigResponse response) {}

  boolean hasCertificates() {
    return certificates != null;
  }

  /** Asks which certificates the controller signs with, and has them sign for themselves. */
  ControllerCertificates fetchCertificates() {
    ControllerConnection.Reply reply =
        connection.exchange(
            "certs", Optional.empty(), Optional.empty(), ControllerCertificates.MAX_BYTES);
    if (!DONE.contains(reply.status())) {
      throw connection.refused("the question for its certificates", reply);
    }
    ControllerCertificates fetched =
        ControllerCertificates.read(Envelope.unverified(reply.body()), roots);
    var unused = fetched.open(reply.body(), clock.instant());
    certificates = fetched;
    return fetched;
  }

  private ByteString open(ByteString envelope) {
    ControllerCertificates known = certificates;
    if (known != null) {
      try {
        return known.open(envelope, clock.instant());
      } catch (TaskException e) {
        if (!STALE.contains(e.first().code())) {
          throw e;
        }
      }
    }
    return fetchCertificates().open(envelope, clock.instant());
  }

  /** Makes a node known to the controller, in the name of one that is already. */
  void register(DeviceIdentity onboarding, DeviceIdentity device, String serial) {
    byte[] message =
        ZRegisterMsg.newBuilder()
            .setPemCert(Envelope.base64(device.pem()))
            .setSerial(serial)
            .build()
            .toByteArray();
    ControllerConnection.Reply reply =
        connection.exchange(
            "register", Optional.of(Envelope.seal(message, onboarding, true)), Optional.empty(), 0);
    if (!DONE.contains(reply.status())) {
      throw connection.refused("the registration of this node", reply);
    }
  }

  /** Asks which UUID this node has, in small letters. */
  String uuid(DeviceIdentity device) {
    byte[] message = UuidRequest.getDefaultInstance().toByteArray();
    ControllerConnection.Reply reply =
        connection.exchange(
            "uuid", Optional.of(Envelope.seal(message, device, false)), Optional.empty(), MAX_UUID);
    if (!DONE.contains(reply.status())) {
      throw connection.refused("the question for the UUID of this node", reply);
    }
    try {
      String uuid =
          UuidResponse.parseFrom(open(reply.body())).getUuid().strip().toLowerCase(Locale.ROOT);
      if (EdgeConfigs.UUID.matcher(uuid).matches()) {
        return uuid;
      }
    } catch (InvalidProtocolBufferException e) {
      // Told like an answer without a UUID.
    }
    throw unreadable("the question for the UUID of this node with what is no UUID");
  }

  /**
   * Asks for the config.
   *
   * @param hash of the config that this node has, as the controller gave it; may be empty
   * @return empty if that is the one
   */
  Optional<Fetched> config(DeviceIdentity device, String uuid, String hash) {
    byte[] message = ConfigRequest.newBuilder().setConfigHash(hash).build().toByteArray();
    ControllerConnection.Reply reply =
        connection.exchange(
            "id/" + uuid + "/config",
            Optional.of(Envelope.seal(message, device, false)),
            Optional.of(uuid),
            MAX_CONFIG);
    if (reply.status() == NOT_MODIFIED) {
      return Optional.empty();
    }
    if (!DONE.contains(reply.status())) {
      throw connection.refused("the question for the config", reply);
    }
    ByteString payload = open(reply.body());
    ConfigResponse response;
    try {
      response = ConfigResponse.parseFrom(payload);
    } catch (InvalidProtocolBufferException e) {
      throw unreadable("the question for the config with what is none");
    }
    if (!response.hasConfig() || (!hash.isEmpty() && hash.equals(response.getConfigHash()))) {
      return Optional.empty();
    }
    return Optional.of(
        new Fetched(reply.body(), Objects.requireNonNull(certificates).payload(), response));
  }

  private TaskException unreadable(String what) {
    return ControllerProblems.failed(
        "CONTROLLER_ANSWER_UNREADABLE",
        connection + " answers " + what,
        "check the address of the controller, and its version");
  }
}
