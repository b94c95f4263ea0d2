package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.zip.GZIPInputStream;
import org.lfedge.eve.tasks.core.eve.api.AuthContainer;
import org.lfedge.eve.tasks.core.eve.api.ConfigRequest;
import org.lfedge.eve.tasks.core.eve.api.ConfigResponse;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.UUIDandVersion;
import org.lfedge.eve.tasks.core.eve.api.UuidResponse;
import org.lfedge.eve.tasks.core.eve.api.ZInfoMsg;
import org.lfedge.eve.tasks.core.eve.api.ZMetricMsg;
import org.lfedge.eve.tasks.core.eve.api.ZRegisterMsg;

/** The devices that a controller knows, what they are to do, and what they told. */
final class FixtureFleet {

  private final X509Certificate onboarding;
  private final Map<ByteString, Device> devices = new HashMap<>();
  private final List<ZInfoMsg> infos = new ArrayList<>();
  private final List<ZMetricMsg> metrics = new ArrayList<>();
  private final Map<String, List<String>> logs = new TreeMap<>();
  private EdgeDevConfig config = EdgeDevConfig.getDefaultInstance();

  private record Device(String uuid, X509Certificate certificate, String serial) {}

  /**
   * What is answered.
   *
   * @param payload without an envelope; empty if there is none
   */
  record Answer(int status, Optional<byte[]> payload) {

    static Answer of(int status) {
      return new Answer(status, Optional.empty());
    }
  }

  FixtureFleet(X509Certificate onboarding) {
    this.onboarding = onboarding;
  }

  synchronized void config(EdgeDevConfig wanted) {
    config = wanted;
  }

  synchronized List<String> uuids() {
    return devices.values().stream().map(Device::uuid).toList();
  }

  synchronized List<String> serials() {
    return devices.values().stream().map(Device::serial).toList();
  }

  /** Knows a device without its registration. */
  synchronized void know(X509Certificate certificate, String uuid) {
    devices.put(digest(certificate), new Device(uuid, certificate, ""));
  }

  synchronized void forget() {
    devices.clear();
  }

  synchronized List<ZInfoMsg> infos() {
    return List.copyOf(infos);
  }

  synchronized List<ZMetricMsg> metrics() {
    return List.copyOf(metrics);
  }

  synchronized List<String> logs(String app) {
    return List.copyOf(logs.getOrDefault(app, List.of()));
  }

  synchronized Answer answer(String path, byte[] body) throws IOException {
    AuthContainer envelope;
    try {
      envelope = AuthContainer.parseFrom(body);
    } catch (InvalidProtocolBufferException e) {
      return Answer.of(422);
    }
    byte[] payload = envelope.getProtectedPayload().getPayload().toByteArray();
    if (path.equals("register")) {
      return register(envelope, payload);
    }
    Device device = devices.get(envelope.getSenderCertHash());
    if (device == null || !isSigned(envelope, payload, device.certificate())) {
      return Answer.of(403);
    }
    if (path.equals("uuid")) {
      return new Answer(
          200, Optional.of(UuidResponse.newBuilder().setUuid(device.uuid()).build().toByteArray()));
    }
    String own = "id/" + device.uuid() + "/";
    if (path.startsWith("apps/instanceid/") && path.endsWith("/newlogs")) {
      logs.computeIfAbsent(path.split("/")[2], app -> new ArrayList<>()).addAll(lines(payload));
      return Answer.of(201);
    }
    if (!path.startsWith(own)) {
      return Answer.of(404);
    }
    switch (path.substring(own.length())) {
      case "config" -> {
        return config(device, ConfigRequest.parseFrom(payload));
      }
      case "info" -> infos.add(ZInfoMsg.parseFrom(payload));
      case "metrics" -> metrics.add(ZMetricMsg.parseFrom(payload));
      default -> {
        return Answer.of(404);
      }
    }
    return Answer.of(201);
  }

  private static boolean isSigned(
      AuthContainer envelope, byte[] payload, X509Certificate certificate) {
    return FixtureEnvelopes.isSignature(
        envelope.getSignatureHash().toByteArray(), payload, certificate.getPublicKey());
  }

  private Answer register(AuthContainer envelope, byte[] payload) throws IOException {
    X509Certificate by = certificate(envelope.getSenderCert());
    if (!by.equals(onboarding)) {
      return Answer.of(403);
    }
    if (!isSigned(envelope, payload, by)) {
      return Answer.of(401);
    }
    ZRegisterMsg message = ZRegisterMsg.parseFrom(payload);
    X509Certificate certificate = certificate(message.getPemCert());
    if (devices.containsKey(digest(certificate))) {
      return Answer.of(200);
    }
    if (serials().contains(message.getSerial())) {
      return Answer.of(409);
    }
    devices.put(
        digest(certificate),
        new Device(UUID.randomUUID().toString(), certificate, message.getSerial()));
    return Answer.of(201);
  }

  private Answer config(Device device, ConfigRequest request) {
    EdgeDevConfig.Builder given = config.toBuilder();
    if (!config.hasId()) {
      given.setId(UUIDandVersion.newBuilder().setUuid(device.uuid()).setVersion("1"));
    }
    String hash = HexFormat.of().formatHex(FixtureEnvelopes.sha256(given.build().toByteArray()));
    ConfigResponse.Builder response = ConfigResponse.newBuilder().setConfigHash(hash);
    if (!hash.equals(request.getConfigHash())) {
      response.setConfig(given);
    }
    return new Answer(200, Optional.of(response.build().toByteArray()));
  }

  private static List<String> lines(byte[] packed) throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(packed))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
    }
  }

  private static ByteString digest(X509Certificate certificate) {
    try {
      return ByteString.copyFrom(FixtureEnvelopes.sha256(certificate.getEncoded()));
    } catch (CertificateException e) {
      throw new AssertionError(e);
    }
  }

  private static X509Certificate certificate(ByteString base64) throws IOException {
    return certificate(Base64.getDecoder().decode(base64.toByteArray()));
  }

  static X509Certificate certificate(Path file) throws IOException {
    return certificate(Files.readAllBytes(file));
  }

  private static X509Certificate certificate(byte[] pem) throws IOException {
    try {
      return (X509Certificate)
          CertificateFactory.getInstance("X.509")
              .generateCertificate(new ByteArrayInputStream(pem));
    } catch (CertificateException e) {
      throw new IOException(e);
    }
  }
}
