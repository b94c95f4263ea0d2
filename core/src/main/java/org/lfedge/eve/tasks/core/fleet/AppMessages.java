package org.lfedge.eve.tasks.core.fleet;

import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.eve.App;
import org.lfedge.eve.tasks.core.eve.AppVolume;
import org.lfedge.eve.tasks.core.eve.api.AppMemoryMetric;
import org.lfedge.eve.tasks.core.eve.api.ErrorInfo;
import org.lfedge.eve.tasks.core.eve.api.Severity;
import org.lfedge.eve.tasks.core.eve.api.ZInfoApp;
import org.lfedge.eve.tasks.core.eve.api.ZInfoDNS;
import org.lfedge.eve.tasks.core.eve.api.ZInfoMsg;
import org.lfedge.eve.tasks.core.eve.api.ZInfoNetwork;
import org.lfedge.eve.tasks.core.eve.api.ZInfoTypes;
import org.lfedge.eve.tasks.core.eve.api.appCpuMetric;
import org.lfedge.eve.tasks.core.eve.api.appDiskMetric;
import org.lfedge.eve.tasks.core.eve.api.appMetric;
import org.lfedge.eve.tasks.core.eve.api.networkMetric;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.core.port.InterfaceCounters;
import org.lfedge.eve.tasks.core.port.StoredVolume;
import org.lfedge.eve.tasks.core.port.TaskUsage;

/** What is told to a controller of apps, in EVE's messages. */
final class AppMessages {

  private static final long MIB = 1 << 20;
  private static final long NANOS = 1_000_000_000L;

  private AppMessages() {}

  static Timestamp timestamp(Instant at) {
    return Timestamp.newBuilder().setSeconds(at.getEpochSecond()).setNanos(at.getNano()).build();
  }

  /** How an app is. Equal as long as the app is as it was, but for the time of the message. */
  static ZInfoApp info(AppStatus status, Optional<TaskView> task) {
    App app = status.app();
    ZInfoApp.Builder info =
        ZInfoApp.newBuilder()
            .setAppID(app.id())
            .setAppVersion(app.version())
            .setAppName(app.displayName())
            .setState(AppState.of(status, task));
    app.volumes().stream().map(AppMessages::uuid).forEach(info::addVolumeRefs);
    status.problems().forEach(problem -> info.addAppErr(error(problem, status.since())));
    task.ifPresent(view -> addTask(view, info));
    return info.build();
  }

  private static String uuid(AppVolume volume) {
    int generation = volume.name().indexOf('.');
    return generation < 0 ? volume.name() : volume.name().substring(0, generation);
  }

  private static void addTask(TaskView task, ZInfoApp.Builder info) {
    task.startedAt().ifPresent(at -> info.setBootTime(timestamp(at)));
    task.failure().ifPresent(failure -> info.addAppErr(error(failure.problem(), failure.at())));
    // An end that was asked for is none to be told of.
    task.exit()
        .filter(exit -> task.anchor().isEmpty() && !exit.success())
        .filter(exit -> task.supervision().nextStart().isPresent())
        .ifPresent(exit -> info.addAppErr(error(ended(task, exit), exit.at())));
    task.interfaces().forEach(one -> info.addNetwork(network(one)));
  }

  private static Problem ended(TaskView task, ExitStatus exit) {
    String how =
        exit.meaning()
            .orElseGet(
                () ->
                    exit.code().isPresent()
                        ? "it ended with code " + exit.code().getAsInt()
                        : "how it ended is not known");
    String memory = exit.oomKilled() ? "; it had no memory left" : "";
    return Problem.user("APP_ENDED", "task " + task.name() + ": " + how + memory);
  }

  private static ErrorInfo error(Problem problem, Instant at) {
    return ErrorInfo.newBuilder()
        .setDescription(problem.toString())
        .setTimestamp(timestamp(at))
        .setSeverity(Severity.SEVERITY_ERROR)
        .build();
  }

  private static ZInfoNetwork network(AttachedInterface one) {
    return ZInfoNetwork.newBuilder()
        .setMacAddr(one.mac())
        .setDevName(one.name())
        .addAllIPAddrs(
            one.addresses().stream().map(address -> address.replaceFirst("/.*", "")).toList())
        .addAllDefaultRouters(one.gateways())
        .setDns(ZInfoDNS.newBuilder().addAllDNSservers(one.dns()))
        .setIpv4Up(one.addresses().stream().anyMatch(address -> address.indexOf('.') > 0))
        .build();
  }

  static ZInfoMsg message(String device, Instant now, ZInfoApp info) {
    return ZInfoMsg.newBuilder()
        .setZtype(ZInfoTypes.ZiApp)
        .setDevId(device)
        .setAinfo(info)
        .setAtTimeStamp(timestamp(now))
        .build();
  }

  /**
   * What an app uses.
   *
   * @param usage of its task, if that runs
   * @param interfaces by name
   * @param volumes of the node
   */
  static appMetric metric(
      App app,
      TaskView task,
      Optional<TaskUsage> usage,
      SortedMap<String, InterfaceCounters> interfaces,
      List<StoredVolume> volumes) {
    appMetric.Builder metric =
        appMetric
            .newBuilder()
            .setAppID(app.id())
            .setAppName(app.displayName())
            .setAppVersion(app.version());
    appCpuMetric.Builder cpu = appCpuMetric.newBuilder();
    task.startedAt().ifPresent(at -> cpu.setUpTime(timestamp(at)));
    usage
        .map(TaskUsage::cpuNanos)
        .ifPresent(
            nanos -> nanos.ifPresent(value -> cpu.setTotalNs(value).setTotal(value / NANOS)));
    metric.setCpu(cpu);
    metric.setAppMemory(
        AppMemoryMetric.newBuilder()
            .setAllocatedMB(mebibytes(task.memory().limit() + task.memory().hypervisor()))
            .setUsedMB(mebibytes(task.memory().usage().orElse(0))));
    for (AttachedInterface one : task.interfaces()) {
      InterfaceCounters counters = interfaces.get(one.name());
      if (counters != null) {
        metric.addNetwork(network(one.name(), counters));
      }
    }
    app.volumes().stream()
        .flatMap(mine -> volumes.stream().filter(one -> one.name().equals(mine.name())))
        .forEach(volume -> metric.addDisk(disk(volume)));
    return metric.build();
  }

  private static networkMetric network(String name, InterfaceCounters counters) {
    return networkMetric
        .newBuilder()
        .setIName(name)
        .setRxBytes(counters.receivedBytes())
        .setRxPkts(counters.receivedPackets())
        .setRxErrors(counters.receivedErrors())
        .setRxDrops(counters.receivedDropped())
        .setTxBytes(counters.sentBytes())
        .setTxPkts(counters.sentPackets())
        .setTxErrors(counters.sentErrors())
        .setTxDrops(counters.sentDropped())
        .build();
  }

  private static appDiskMetric disk(StoredVolume volume) {
    return appDiskMetric
        .newBuilder()
        .setDisk(volume.name())
        .setDiskType(volume.kind())
        .setProvisioned(mebibytes(volume.limitBytes()))
        .setUsed(mebibytes(volume.usedBytes()))
        .build();
  }

  /** Rounded up, so that little is not nothing. */
  static int mebibytes(long bytes) {
    return (int) Math.min(Integer.MAX_VALUE, (bytes + MIB - 1) / MIB);
  }
}
