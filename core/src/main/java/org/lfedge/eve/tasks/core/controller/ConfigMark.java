package org.lfedge.eve.tasks.core.controller;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.ConfigResponse;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;

/**
 * What is remembered of a config, to tell later ones from it.
 *
 * @param hash as the controller names it; may be empty
 * @param digest of the config itself, if it has no hash
 * @param device whose config it is, in small letters
 */
record ConfigMark(
    String hash, ByteString digest, String device, long epoch, Optional<Instant> made) {

  static ConfigMark of(ConfigResponse response) {
    EdgeDevConfig config = response.getConfig();
    return new ConfigMark(
        response.getConfigHash(),
        response.getConfigHash().isEmpty()
            ? KnownCertificate.sha256(config.toByteString())
            : ByteString.EMPTY,
        config.getId().getUuid().toLowerCase(Locale.ROOT),
        config.getControllerEpoch(),
        config.hasConfigTimestamp() ? instant(config.getConfigTimestamp()) : Optional.empty());
  }

  /** Empty if it is outside of what there is. */
  private static Optional<Instant> instant(Timestamp time) {
    try {
      return Optional.of(Instant.ofEpochSecond(time.getSeconds(), time.getNanos()));
    } catch (DateTimeException | ArithmeticException e) {
      return Optional.empty();
    }
  }

  /** Whether a controller that names no hashes gives a config once more. */
  boolean isSame(ConfigMark other) {
    return hash.isEmpty() && other.hash().isEmpty() && digest.equals(other.digest());
  }

  /**
   * Checks that this config may follow another one.
   *
   * @throws TaskException CONFIG_OF_OTHER_DEVICE, CONFIG_REPLAYED
   */
  void check(String uuid, Optional<ConfigMark> last) {
    if (!device.equals(uuid)) {
      throw refused(
          "CONFIG_OF_OTHER_DEVICE",
          "the controller gives a config for "
              + (device.isEmpty() ? "no device at all" : "the device " + device)
              + ", and this is "
              + uuid);
    }
    // What another device had says nothing of this one: the controller may have taken it in anew.
    last.filter(before -> before.device().equals(device)).ifPresent(this::checkAge);
  }

  private void checkAge(ConfigMark last) {
    if (epoch < last.epoch()) {
      throw refused(
          "CONFIG_REPLAYED",
          "the controller gives a config of its epoch "
              + epoch
              + ", and this node has one of epoch "
              + last.epoch());
    }
    if (epoch == last.epoch()
        && made.isPresent()
        && last.made().isPresent()
        && made.get().isBefore(last.made().get())) {
      throw refused(
          "CONFIG_REPLAYED",
          "the controller gives a config of "
              + made.get()
              + ", and this node has a later one, of "
              + last.made().get());
    }
  }

  private static TaskException refused(String code, String what) {
    return TaskException.refused(
        Problem.host(
            code, what + "; it is not used: check the controller, and who is between it and here"));
  }
}
