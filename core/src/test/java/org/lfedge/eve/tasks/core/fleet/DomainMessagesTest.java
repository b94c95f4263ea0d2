package org.lfedge.eve.tasks.core.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.eve.App;
import org.lfedge.eve.tasks.core.eve.DomainConfig;
import org.lfedge.eve.tasks.core.fleet.AppStatus.Phase;

/** How domains are, in the form in which EVE's programs read it. */
class DomainMessagesTest {

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String ID = "0f6f3a4e-2a77-4b1c-9d3e-8a5b6c7d8e9f";
  private static final Instant SINCE = Instant.parse("2026-01-02T03:04:05Z");

  /** The fields of EVE's type, those of embedded types among them, in EVE's order. */
  private static final String FIELDS =
      """
      UUIDandVersion DisplayName State Activated AppNum PurgeCounter RestartCounter PendingAdd \
      PendingModify PendingDelete DomainName DomainId BootTime DiskStatusList VifList \
      IoAdapterList DisableLogs TriedCount Error ErrorTime ErrorSeverity ErrorRetryCondition \
      ErrorEntities ConfigFailed BootFailed AdaptersFailed OCIConfigDir EnvVariables \
      WritableFiles Kernel Ramdisk Memory MaxMem VCpus MaxCpus RootDev ExtraArgs BootLoader CPUs \
      DeviceTree DtDev IRQs IOMem VirtualizationMode EnableVnc VncDisplay VncPasswd CPUsPinned \
      VMMMaxMem EnableVncShimVM EnforceNetworkInterfaceOrder EnableOemWinLicenseKey \
      DisableVirtualTPM BootOrder Service VirtualTPM FmlCustomResolution IsDNidNode NodeName \
      PassthroughWindowsLicenseKey DeploymentType CrashState CrashRunState GuestCoreDumpPath \
      HoldUntil GdbSocket""";

  private static final DomainConfig DOMAIN =
      DomainConfig.parse(
          """
          {"UUIDandVersion": {"UUID": "%s", "Version": "7"}, "DisplayName": "web", "Activate": true,
           "AppNum": 3, "Memory": 65536, "VCpus": 2, "VirtualizationMode": 4, "CPUs": null,
           "PurgeCounter": 1, "RestartCounter": 2, "IsDNidNode": true, "DeploymentType": 2,
           "DiskConfigList": [
            {"VolumeKey": "v#0", "FileLocation": "/v", "Format": 8, "Target": 1, "MountDir": ""},
            {"VolumeKey": "w#0", "FileLocation": "/w.iso", "Format": 9, "ReadOnly": true}],
           "VifList": [{"Bridge": "bn1", "Vif": "nbu1x3", "Mac": "ABY+AAEC", "MTU": 1500,
            "PodVif": {"GuestIfName": ""}, "VifOrder": 0}]}
          """
              .formatted(ID)
              .getBytes(UTF_8),
          ID);

  private static AppStatus status(boolean mapped, Phase phase, Problem... problems) {
    ObjectNode document = MAPPER.createObjectNode().put("name", ID);
    document.putObject("root").put("directory", "/v/rootfs");
    document.putArray("command").add("sh");
    document.putObject("resources").put("memory", "64MiB").putArray("pin").add(1).add(2);
    App app =
        new App(
            ID,
            "7",
            "web",
            true,
            2,
            1,
            Duration.ZERO,
            mapped ? Optional.of(TaskDocuments.fromJson(document)) : Optional.empty(),
            List.of(),
            List.of(problems));
    return new AppStatus(app, phase, List.of(problems), SINCE);
  }

  @Test
  void allFieldsOfEvesTypeAreThere() {
    JsonNode status =
        DomainMessages.status(DOMAIN, status(true, Phase.PREPARING), Optional.empty());
    List<String> names = new ArrayList<>();
    status.fieldNames().forEachRemaining(names::add);
    assertEquals(FIELDS, String.join(" ", names));
    assertEquals(111, status.path("State").asInt());
    assertTrue(status.path("PendingAdd").booleanValue());
    assertEquals(ID + ".7.3", status.path("DomainName").asText());
    assertEquals(0, status.path("DomainId").asInt(-1));
    assertEquals("0001-01-01T00:00:00Z", status.path("BootTime").asText());
    assertEquals("", status.path("Error").asText());
    assertEquals("[1,2]", status.path("CPUs").toString());
    assertEquals("/v", status.path("OCIConfigDir").asText());
    assertEquals("/", status.at("/DiskStatusList/0/MountDir").asText());
    assertEquals("cdrom", status.at("/DiskStatusList/1/Devtype").asText());
    assertEquals(1, status.at("/DiskStatusList/1/Format").asInt());
    assertEquals("xvdb", status.at("/DiskStatusList/1/Vdev").asText());
    assertEquals("ABY+AAEC", status.at("/VifList/0/Mac").asText());
    assertEquals("nbu1x3", status.at("/VifList/0/VifUsed").asText());
    assertEquals(2, status.path("RestartCounter").asInt());
    assertEquals(2, status.path("DeploymentType").asInt());
  }

  @Test
  void whatCannotBeMappedIsInstalledAndSaysWhy() {
    Problem problem = Problem.inDocument("UNSUPPORTED", "Service", true, "not here");
    JsonNode status =
        DomainMessages.status(DOMAIN, status(false, Phase.FAILED, problem), Optional.empty());
    assertEquals(111, status.path("State").asInt());
    assertTrue(status.path("ConfigFailed").booleanValue());
    assertEquals(problem.toString(), status.path("Error").asText());
    assertEquals("2026-01-02T03:04:05Z", status.path("ErrorTime").asText());
    assertEquals(3, status.path("ErrorSeverity").asInt());
  }

  @Test
  void whatCannotBeStartedIsBroken() {
    Problem problem = Problem.host("NO_MEMORY", "there is none");
    JsonNode status =
        DomainMessages.status(DOMAIN, status(true, Phase.FAILED, problem), Optional.empty());
    assertEquals(120, status.path("State").asInt());
    assertTrue(status.path("BootFailed").booleanValue());
  }
}
