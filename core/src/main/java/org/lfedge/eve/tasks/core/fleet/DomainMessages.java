package org.lfedge.eve.tasks.core.fleet;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.eve.App;
import org.lfedge.eve.tasks.core.eve.DomainConfig;
import org.lfedge.eve.tasks.core.eve.api.ErrorInfo;
import org.lfedge.eve.tasks.core.eve.api.Format;
import org.lfedge.eve.tasks.core.eve.api.Target;
import org.lfedge.eve.tasks.core.eve.api.VmMode;
import org.lfedge.eve.tasks.core.eve.api.ZInfoApp;
import org.lfedge.eve.tasks.core.eve.api.ZSwState;
import org.lfedge.eve.tasks.core.eve.api.appMetric;
import org.lfedge.eve.tasks.core.fleet.AppStatus.Phase;
import org.lfedge.eve.tasks.core.lifecycle.TaskState;
import org.lfedge.eve.tasks.core.port.TaskUsage;

/**
 * What is told to programs of EVE of a domain, as Go writes their types in JSON: all fields by
 * their names, those of embedded types among the others, enums as numbers.
 */
final class DomainMessages {

  private static final int INSTALLED = 111;
  private static final int START_DELAYED = 113;
  private static final int BOOTING = 114;
  private static final int RUNNING = 115;
  private static final int HALTING = 118;
  private static final int HALTED = 119;
  private static final int BROKEN = 120;

  private static final int SEVERITY_ERROR = 3;

  /** Go's time that is none. */
  private static final String NO_TIME = "0001-01-01T00:00:00Z";

  private static final JsonNode EMPTY_TEXT = JsonNodeFactory.instance.textNode("");
  private static final JsonNode ZERO = JsonNodeFactory.instance.numberNode(0);
  private static final JsonNode NO = JsonNodeFactory.instance.booleanNode(false);
  private static final JsonNode NIL = JsonNodeFactory.instance.nullNode();

  /** What a domain has of the machine that is wanted, in EVE's order. */
  private static final List<Field> MACHINE =
      List.of(
          new Field("Kernel", EMPTY_TEXT),
          new Field("Ramdisk", EMPTY_TEXT),
          new Field("Memory", ZERO),
          new Field("MaxMem", ZERO),
          new Field("VCpus", ZERO),
          new Field("MaxCpus", ZERO),
          new Field("RootDev", EMPTY_TEXT),
          new Field("ExtraArgs", EMPTY_TEXT),
          new Field("BootLoader", EMPTY_TEXT),
          new Field("CPUs", NIL),
          new Field("DeviceTree", EMPTY_TEXT),
          new Field("DtDev", NIL),
          new Field("IRQs", NIL),
          new Field("IOMem", NIL),
          new Field("VirtualizationMode", ZERO),
          new Field("EnableVnc", NO),
          new Field("VncDisplay", ZERO),
          new Field("VncPasswd", EMPTY_TEXT),
          new Field("CPUsPinned", NO),
          new Field("VMMMaxMem", ZERO),
          new Field("EnableVncShimVM", NO),
          new Field("EnforceNetworkInterfaceOrder", NO),
          new Field("EnableOemWinLicenseKey", NO),
          new Field("DisableVirtualTPM", NO),
          new Field("BootOrder", ZERO));

  private record Field(String name, JsonNode zero) {}

  private DomainMessages() {}

  /** How a domain is. Equal as long as it is as it was. */
  static ObjectNode status(DomainConfig domain, AppStatus app, Optional<TaskView> task) {
    ZInfoApp info = AppMessages.info(app, task);
    JsonNode config = domain.json();
    boolean mapped = app.app().document().isPresent();
    int state = state(info.getState(), mapped, task);
    ObjectNode status = JsonNodeFactory.instance.objectNode();
    status.set("UUIDandVersion", identity(domain));
    status.put("DisplayName", domain.displayName());
    status.put("State", state);
    status.put("Activated", isActivated(task));
    status.put("AppNum", domain.appNum());
    copy(config, new Field("PurgeCounter", ZERO), status);
    copy(config, new Field("RestartCounter", ZERO), status);
    Phase phase = app.phase();
    status.put("PendingAdd", task.isEmpty() && isUnderWay(phase) && phase != Phase.REMOVING);
    status.put("PendingModify", task.isPresent() && isUnderWay(phase) && phase != Phase.REMOVING);
    status.put("PendingDelete", phase == Phase.REMOVING);
    status.put("DomainName", domain.domainName());
    status.put("DomainId", task.flatMap(TaskView::anchor).map(anchor -> anchor.pid()).orElse(0));
    status.put("BootTime", info.hasBootTime() ? time(info.getBootTime()) : NO_TIME);
    status.set("DiskStatusList", disks(config));
    status.set("VifList", interfaces(config));
    copy(config, new Field("IoAdapterList", NIL), status);
    copy(config, new Field("DisableLogs", NO), status);
    status.put("TriedCount", 0);
    errors(info.getAppErrList(), status);
    status.put("ConfigFailed", !mapped);
    status.put("BootFailed", state == BROKEN);
    status.put("AdaptersFailed", false);
    status.put("OCIConfigDir", isContainer(config) ? location(config) : "");
    status.putNull("EnvVariables");
    status.putNull("WritableFiles");
    MACHINE.forEach(field -> copy(config, field, status));
    app.app()
        .document()
        .map(document -> document.pinnedCpus())
        .filter(pin -> !pin.isEmpty())
        .ifPresent(pin -> pin.forEach(status.putArray("CPUs")::add));
    copy(config, new Field("Service", NO), status);
    status.put("VirtualTPM", false);
    status.put("FmlCustomResolution", "");
    copy(config, new Field("IsDNidNode", NO), status);
    status.put("NodeName", "");
    status.put("PassthroughWindowsLicenseKey", false);
    copy(config, new Field("DeploymentType", ZERO), status);
    status.put("CrashState", 0);
    status.put("CrashRunState", "");
    status.put("GuestCoreDumpPath", "");
    status.put("HoldUntil", NO_TIME);
    status.put("GdbSocket", "");
    return status;
  }

  private static ObjectNode identity(DomainConfig domain) {
    return JsonNodeFactory.instance
        .objectNode()
        .put("UUID", domain.id())
        .put("Version", domain.version());
  }

  /**
   * EVE's number for a state. What comes before a domain is started is all one to its manager, and
   * so is what cannot be; a domain that is to start once more is not halted for good.
   */
  private static int state(ZSwState state, boolean mapped, Optional<TaskView> task) {
    return switch (state) {
      case START_DELAYED -> START_DELAYED;
      case BOOTING -> BOOTING;
      case RESTARTING ->
          task.filter(one -> one.state() == TaskState.STOPPING).isPresent() ? HALTING : BOOTING;
      case RUNNING -> RUNNING;
      case HALTING, PURGING -> HALTING;
      case HALTED -> HALTED;
      case ERROR -> mapped ? BROKEN : INSTALLED;
      default -> INSTALLED;
    };
  }

  private static boolean isActivated(Optional<TaskView> task) {
    return task.filter(one -> one.state() == TaskState.RUNNING || one.state() == TaskState.STOPPING)
        .isPresent();
  }

  private static boolean isUnderWay(Phase phase) {
    return phase != Phase.SETTLED && phase != Phase.FAILED;
  }

  private static void copy(JsonNode from, Field field, ObjectNode to) {
    JsonNode value = from.path(field.name());
    to.set(field.name(), value.isMissingNode() || value.isNull() ? field.zero() : value);
  }

  private static String time(Timestamp at) {
    return Instant.ofEpochSecond(at.getSeconds(), at.getNanos()).toString();
  }

  private static void errors(List<ErrorInfo> errors, ObjectNode status) {
    status.put(
        "Error", errors.stream().map(ErrorInfo::getDescription).collect(Collectors.joining("; ")));
    status.put("ErrorTime", errors.isEmpty() ? NO_TIME : time(errors.get(0).getTimestamp()));
    status.put("ErrorSeverity", errors.isEmpty() ? 0 : SEVERITY_ERROR);
    status.put("ErrorRetryCondition", "");
    status.putNull("ErrorEntities");
  }

  private static boolean isContainer(JsonNode config) {
    return config.path("DiskConfigList").path(0).path("Format").asInt() == Format.CONTAINER_VALUE;
  }

  private static String location(JsonNode config) {
    return config.path("DiskConfigList").path(0).path("FileLocation").asText();
  }

  private static ArrayNode disks(JsonNode config) {
    ArrayNode disks = JsonNodeFactory.instance.arrayNode();
    for (JsonNode disk : config.path("DiskConfigList")) {
      int format = disk.path("Format").asInt();
      ObjectNode status = disks.addObject();
      copy(disk, new Field("VolumeKey", EMPTY_TEXT), status);
      copy(disk, new Field("ReadOnly", NO), status);
      copy(disk, new Field("FileLocation", EMPTY_TEXT), status);
      status.put("Format", format == Format.ISO_VALUE ? Format.RAW_VALUE : format);
      copy(disk, new Field("MountDir", EMPTY_TEXT), status);
      if (disks.size() == 1 && format == Format.CONTAINER_VALUE) {
        status.put("MountDir", "/");
      }
      copy(disk, new Field("DisplayName", EMPTY_TEXT), status);
      status.put("Devtype", deviceType(config, disk, format));
      // As EVE names them, in the order of the list, whatever the guest calls them.
      status.put("Vdev", "xvd" + (char) ('a' + disks.size() - 1));
      copy(disk, new Field("WWN", EMPTY_TEXT), status);
      copy(disk, new Field("CustomMeta", EMPTY_TEXT), status);
    }
    return disks;
  }

  private static String deviceType(JsonNode config, JsonNode disk, int format) {
    if (disk.path("Target").asInt() == Target.AppCustom_VALUE) {
      return "AppCustom";
    } else if (format == Format.CONTAINER_VALUE) {
      return "";
    } else if (config.path("VirtualizationMode").asInt() == VmMode.LEGACY_VALUE) {
      return "legacy";
    }
    return format == Format.ISO_VALUE ? "cdrom" : "hdd";
  }

  private static ArrayNode interfaces(JsonNode config) {
    ArrayNode interfaces = JsonNodeFactory.instance.arrayNode();
    for (JsonNode vif : config.path("VifList")) {
      ObjectNode status = interfaces.addObject();
      vif.properties().forEach(field -> status.set(field.getKey(), field.getValue()));
      copy(vif, new Field("Vif", EMPTY_TEXT), status);
      status.set("VifUsed", status.get("Vif"));
    }
    return interfaces;
  }

  /**
   * What a domain uses.
   *
   * @param usage of its task, if that runs
   * @param peak of the memory since its start, in bytes
   */
  static ObjectNode metric(
      DomainConfig domain,
      App app,
      TaskView task,
      Optional<TaskUsage> usage,
      long peak,
      Instant now) {
    appMetric known = AppMessages.metric(app, task, usage, new TreeMap<>(), List.of());
    boolean activated = isActivated(Optional.of(task));
    long cpus = Math.max(0, domain.json().path("VCpus").asLong());
    long allocated = Integer.toUnsignedLong(known.getAppMemory().getAllocatedMB());
    long used = Integer.toUnsignedLong(known.getAppMemory().getUsedMB());
    ObjectNode metric = JsonNodeFactory.instance.objectNode();
    metric.set("UUIDandVersion", identity(domain));
    metric.put("CPUTotalNs", known.getCpu().getTotalNs() / Math.max(1, cpus));
    metric.put("CPUScaled", cpus);
    metric.put("AllocatedMB", allocated);
    metric.put("UsedMemory", activated ? used : 0);
    metric.put("MaxUsedMemory", activated ? AppMessages.mebibytes(peak) : 0);
    metric.put("AvailableMemory", Math.max(0, allocated - used));
    metric.put("UsedMemoryPercent", activated && allocated > 0 ? 100.0 * used / allocated : 0.0);
    metric.put("LastHeard", now.toString());
    metric.put("Activated", activated);
    metric.put("NodeName", "");
    return metric;
  }
}
