package org.lfedge.eve.tasks.core.controller;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Timestamp;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.eve.api.ConfigResponse;
import org.lfedge.eve.tasks.core.eve.api.EdgeDevConfig;
import org.lfedge.eve.tasks.core.eve.api.UUIDandVersion;

class ConfigMarkTest {

  private static final String DEVICE = "11111111-2222-3333-4444-55555555abcd";
  private static final String OTHER = "99999999-2222-3333-4444-55555555abcd";

  private static ConfigMark mark(String hash, String device, long epoch, long... made) {
    EdgeDevConfig.Builder config =
        EdgeDevConfig.newBuilder()
            .setId(UUIDandVersion.newBuilder().setUuid(device))
            .setControllerEpoch(epoch);
    if (made.length > 0) {
      config.setConfigTimestamp(Timestamp.newBuilder().setSeconds(made[0]));
    }
    return ConfigMark.of(ConfigResponse.newBuilder().setConfigHash(hash).setConfig(config).build());
  }

  private static void refused(String code, ConfigMark mark, Optional<ConfigMark> last) {
    TaskException failure = assertThrows(TaskException.class, () -> mark.check(DEVICE, last));
    assertEquals(code, failure.first().code());
  }

  private static void taken(ConfigMark mark, Optional<ConfigMark> last) {
    assertDoesNotThrow(() -> mark.check(DEVICE, last));
  }

  @Test
  void aConfigMustBeOfThisDevice() {
    taken(mark("", DEVICE, 1), Optional.empty());
    taken(mark("", DEVICE.toUpperCase(Locale.ROOT), 1), Optional.empty());
    refused("CONFIG_OF_OTHER_DEVICE", mark("", OTHER, 1), Optional.empty());
    refused("CONFIG_OF_OTHER_DEVICE", mark("", "", 1), Optional.empty());
  }

  @Test
  void anEpochNeverGoesBack() {
    ConfigMark last = mark("", DEVICE, 5, 1000);
    refused("CONFIG_REPLAYED", mark("", DEVICE, 4, 2000), Optional.of(last));
    taken(mark("", DEVICE, 5, 2000), Optional.of(last));
    taken(mark("", DEVICE, 6, 10), Optional.of(last));
  }

  @Test
  void inAnEpochTimeNeverGoesBackWhereItIsKnown() {
    ConfigMark last = mark("", DEVICE, 5, 1000);
    refused("CONFIG_REPLAYED", mark("", DEVICE, 5, 999), Optional.of(last));
    taken(mark("", DEVICE, 5, 1000), Optional.of(last));
    taken(mark("", DEVICE, 5), Optional.of(last));
    taken(mark("", DEVICE, 5, 1), Optional.of(mark("", DEVICE, 5)));
    taken(mark("", DEVICE, 5, Long.MAX_VALUE), Optional.of(last));
  }

  @Test
  void whatAnotherDeviceHadSaysNothing() {
    taken(mark("", DEVICE, 1, 1), Optional.of(mark("", OTHER, 9, 9)));
  }

  @Test
  void withoutHashesTheConfigItselfIsCompared() {
    assertTrue(mark("", DEVICE, 1).isSame(mark("", DEVICE, 1)));
    assertFalse(mark("", DEVICE, 1).isSame(mark("", DEVICE, 2)));
    assertFalse(mark("new", DEVICE, 1).isSame(mark("old", DEVICE, 1)));
  }
}
