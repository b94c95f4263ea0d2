package org.lfedge.eve.tasks.core.api;

import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.lfedge.eve.tasks.core.api.v1.ApplyResponse;
import org.lfedge.eve.tasks.core.api.v1.Controller;
import org.lfedge.eve.tasks.core.api.v1.ControllerApp;
import org.lfedge.eve.tasks.core.api.v1.Event;
import org.lfedge.eve.tasks.core.api.v1.ExecutorEntry;
import org.lfedge.eve.tasks.core.api.v1.ExecutorOption;
import org.lfedge.eve.tasks.core.api.v1.Failure;
import org.lfedge.eve.tasks.core.api.v1.Health;
import org.lfedge.eve.tasks.core.api.v1.ImageTrust;
import org.lfedge.eve.tasks.core.api.v1.InspectResponse;
import org.lfedge.eve.tasks.core.api.v1.Memory;
import org.lfedge.eve.tasks.core.api.v1.NetworkEntry;
import org.lfedge.eve.tasks.core.api.v1.NodeResponse;
import org.lfedge.eve.tasks.core.api.v1.RejectedPlugin;
import org.lfedge.eve.tasks.core.api.v1.RenderResponse;
import org.lfedge.eve.tasks.core.api.v1.StopProgress;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaxPart;
import org.lfedge.eve.tasks.core.config.TaskDocument;
import org.lfedge.eve.tasks.core.config.TaskDocuments;
import org.lfedge.eve.tasks.core.engine.Change;
import org.lfedge.eve.tasks.core.engine.Rendering;
import org.lfedge.eve.tasks.core.engine.TaskDetail;
import org.lfedge.eve.tasks.core.engine.TaskView;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.lifecycle.ExitStatus;
import org.lfedge.eve.tasks.core.port.EventLog;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog;
import org.lfedge.eve.tasks.core.port.ExecutorCatalog.LoadedExecutor;
import org.lfedge.eve.tasks.core.port.HypervisorMemory;
import org.lfedge.eve.tasks.core.port.TaskEvent;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.TrustVerdict;
import org.lfedge.eve.tasks.core.seedprotocol.SeedCodec;
import org.lfedge.eve.tasks.spi.Option;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.task.Hypervisor;

/** The engine's values as messages of the API. */
final class TaskMessages {

  private TaskMessages() {}

  static Task task(TaskView view) {
    Task.Builder task =
        Task.newBuilder()
            .setName(view.name())
            .setDisplayName(view.displayName().orElse(""))
            .setExecutor(view.executor())
            .setState(view.state().name())
            .setDesired(word(view.desired()))
            .setCreatedAt(timestamp(view.createdAt()))
            .setMemory(memory(view.memory()));
    view.anchor()
        .ifPresent(anchor -> task.setPid(anchor.pid()).setPidStartTime(anchor.startTime()));
    view.exit()
        .ifPresent(
            exit -> {
              exit.code().ifPresent(task::setExitCode);
              exit.signal().ifPresent(task::setExitSignal);
              task.setOomKilled(exit.oomKilled()).setExitedAt(timestamp(exit.at()));
              task.setExitOutcome(outcome(exit)).setExitMeaning(exit.meaning().orElse(""));
            });
    view.failure().ifPresent(failure -> task.setFailure(failure(failure)));
    view.startedAt().ifPresent(at -> task.setStartedAt(timestamp(at)));
    task.setRestarts(view.supervision().restarts())
        .setRestartReason(view.supervision().reason().orElse(""))
        .setStopBoundMillis(view.stopBound().toMillis());
    view.supervision().nextStart().ifPresent(at -> task.setNextStart(timestamp(at)));
    view.health()
        .ifPresent(
            health ->
                task.setHealth(
                    Health.newBuilder()
                        .setStatus(word(health.status()))
                        .setFailures(health.failures())
                        .setReason(health.reason().orElse(""))));
    for (org.lfedge.eve.tasks.core.lifecycle.Dependency dependency : view.waitingFor()) {
      task.addWaitingForBuilder().setTask(dependency.task()).setOn(word(dependency.on()));
    }
    view.stop()
        .ifPresent(
            stop ->
                task.setStop(
                    StopProgress.newBuilder()
                        .setStep(stop.step())
                        .setSteps(stop.steps())
                        .setAction(stop.action())
                        .setUntil(timestamp(stop.until()))));
    view.interfaces().forEach(attached -> task.addInterfaces(NetworkCalls.message(attached)));
    return task.build();
  }

  static String outcome(ExitStatus exit) {
    return exit.outcome().map(TaskMessages::word).orElse("");
  }

  static Event event(EventLog.Entry entry) {
    TaskEvent event = entry.event();
    Event.Builder message =
        Event.newBuilder()
            .setSeq(entry.seq())
            .setTime(timestamp(event.time()))
            .setTask(entry.task())
            .setType(word(event.type()))
            .setReason(event.reason().orElse(""));
    event
        .anchor()
        .ifPresent(anchor -> message.setPid(anchor.pid()).setPidStartTime(anchor.startTime()));
    event
        .exit()
        .ifPresent(
            exit -> {
              exit.code().ifPresent(message::setExitCode);
              exit.signal().ifPresent(message::setExitSignal);
              message.setOomKilled(exit.oomKilled());
              message.setExitOutcome(outcome(exit)).setExitMeaning(exit.meaning().orElse(""));
            });
    event.failure().ifPresent(failure -> message.setFailure(failure(failure)));
    event.nextStart().ifPresent(at -> message.setNextStart(timestamp(at)));
    event.count().ifPresent(message::setCount);
    return message.build();
  }

  static InspectResponse detail(TaskDetail detail) {
    TaskRecord record = detail.record();
    InspectResponse.Builder response =
        InspectResponse.newBuilder()
            .setTask(task(detail.view()))
            .setConfigJson(
                TaskDocuments.toJson(
                        record
                            .blueprint()
                            .map(made -> made.withChoices(record.document()))
                            .orElse(record.document()))
                    .toString())
            .setCgroup(detail.cgroup().orElse(""))
            .putAllLimits(detail.limits())
            .setStdoutPath(detail.logs().stdout().toString())
            .setStderrPath(detail.logs().stderr().toString());
    record
        .blueprint()
        .ifPresent(
            blueprint -> {
              response
                  .setExecutorVersion(blueprint.executorVersion())
                  .setExecutorDigest(blueprint.executorDigest())
                  .setTrust(word(blueprint.origin()))
                  .setImageDigest(blueprint.imageDigest().orElse(""))
                  .setSeedJson(SeedCodec.toJson(blueprint.seed()).toString())
                  .setSpecJson(blueprint.specJson());
              blueprint.trust().ifPresent(verdict -> response.setImageTrust(trust(verdict)));
              blueprint
                  .fetched()
                  .ifPresent(
                      file ->
                          response
                              .getRootFileBuilder()
                              .setDigest(file.digest())
                              .setSource(file.from())
                              .setArtifactDigest(file.manifest().orElse("")));
              blueprint
                  .tools()
                  .ifPresent(
                      tools ->
                          response
                              .setToolsDigest(tools.digest())
                              .setToolsTrust(trust(tools.trust())));
              blueprint.seed().tax().parts().forEach(part -> response.addTax(tax(part)));
            });
    return response.build();
  }

  static ImageTrust trust(TrustVerdict verdict) {
    return ImageTrust.newBuilder()
        .setRequirement(verdict.requirement())
        .setRule(verdict.rule().orElse(""))
        .setDigest(verdict.digest())
        .setKey(verdict.key().orElse(""))
        .build();
  }

  static ApplyResponse changes(Iterable<Change> changes) {
    ApplyResponse.Builder response = ApplyResponse.newBuilder();
    for (Change change : changes) {
      org.lfedge.eve.tasks.core.api.v1.Change.Builder message =
          response.addChangesBuilder().setTask(change.task()).setAction(word(change.action()));
      for (Change.Field field : change.fields()) {
        message
            .addFieldsBuilder()
            .setPath(field.path())
            .setBefore(field.before())
            .setAfter(field.after());
      }
      change.problems().forEach(problem -> message.addProblems(ApiProblems.message(problem)));
    }
    return response.build();
  }

  static RenderResponse rendering(Rendering rendering) {
    RenderResponse.Builder response =
        RenderResponse.newBuilder()
            .setExecutor(rendering.executor())
            .setSpecJson(rendering.specJson())
            .addAllAtCreate(rendering.atCreate());
    rendering
        .withheld()
        .forEach(
            withheld ->
                response.addWithheldBuilder().setWhat(withheld.what()).setWhy(withheld.why()));
    return response.build();
  }

  static NodeResponse node(NodeInfo node, List<NetworkEntry> networks) {
    NodeResponse.Builder response = NodeResponse.newBuilder();
    node.host()
        .hypervisor()
        .ifPresent(there -> response.setHypervisor(hypervisor(there, node.hypervisorMemory())));
    node.controller().get().ifPresent(there -> response.setController(controller(there)));
    return response
        .setVersion(node.version())
        .setArchitecture(node.host().architecture())
        .setKernel(node.host().kernel())
        .setCgroupVersion(node.host().cgroupVersion())
        .setCpus(node.host().cpus())
        .setMemoryBytes(node.host().memoryBytes())
        .putAllAccelerators(node.host().accelerators())
        .setContainerdVersion(node.containerdVersion())
        .setContainerdSocket(node.containerdSocket().toString())
        .setSnapshotter(node.snapshotter())
        .setPluginsDirectory(node.pluginsDirectory().toString())
        .setStateDirectory(node.stateDirectory().toString())
        .addAllNetworks(networks)
        .setBinaryFormats(node.binaryFormatsText())
        .build();
  }

  private static Controller controller(ControllerInfo info) {
    Controller.Builder message =
        Controller.newBuilder().setSource(info.source()).setWaiting(info.waiting());
    info.device().ifPresent(message::setDevice);
    info.lastConfig().ifPresent(at -> message.setLastConfig(timestamp(at)));
    info.lastContact().ifPresent(at -> message.setLastContact(timestamp(at)));
    info.problem().ifPresent(problem -> message.setProblem(ApiProblems.message(problem)));
    for (ControllerInfo.AppInfo app : info.apps()) {
      message.addApps(
          ControllerApp.newBuilder()
              .setId(app.status().app().id())
              .setName(app.status().app().displayName())
              .setTask(app.status().app().document().map(TaskDocument::name).orElse(""))
              .setState(app.state().name())
              .addAllProblems(app.status().problems().stream().map(ApiProblems::message).toList()));
    }
    return message.build();
  }

  private static org.lfedge.eve.tasks.core.api.v1.Hypervisor.Builder hypervisor(
      Hypervisor hypervisor, HypervisorMemory memory) {
    var message =
        org.lfedge.eve.tasks.core.api.v1.Hypervisor.newBuilder()
            .setName(hypervisor.name())
            .setVersion(hypervisor.version())
            .addAllCapabilities(hypervisor.capabilities());
    try {
      memory
          .now()
          .ifPresent(
              amount ->
                  message.setMemoryBytes(amount.totalBytes()).setFreeBytes(amount.freeBytes()));
    } catch (TaskException e) {
      message.setProblem(e.first().message());
    }
    return message;
  }

  static ExecutorEntry executor(LoadedExecutor loaded) {
    return ExecutorEntry.newBuilder()
        .setName(loaded.executor().info().name())
        .setSummary(loaded.executor().info().summary())
        .setVersion(loaded.version())
        .setDigest(loaded.digest())
        .setTrust(word(loaded.origin()))
        .setFile(loaded.file())
        .addAllRootKinds(
            loaded.executor().info().rootKinds().stream().map(kind -> word(kind)).toList())
        .addAllOptions(
            loaded.executor().info().options().stream().map(TaskMessages::option).toList())
        .build();
  }

  private static ExecutorOption option(Option option) {
    return ExecutorOption.newBuilder()
        .setName(option.name())
        .setType(word(option.type()))
        .setDoc(option.doc())
        .setRequired(option.required())
        .addAllChoices(option.choices())
        .build();
  }

  static RejectedPlugin rejected(ExecutorCatalog.Rejected rejected) {
    RejectedPlugin.Builder message =
        RejectedPlugin.newBuilder()
            .setFile(rejected.file())
            .setCode(rejected.code())
            .setReason(rejected.reason());
    rejected
        .offer()
        .ifPresent(
            offer ->
                message
                    .setExecutor(offer.executor())
                    .setVersion(offer.version())
                    .setDigest(offer.digest()));
    return message.build();
  }

  static Memory memory(TaskView.Memory memory) {
    Memory.Builder message =
        Memory.newBuilder()
            .setAskedBytes(memory.asked())
            .setTaxBytes(memory.tax())
            .setLimitBytes(memory.limit())
            .setHypervisorBytes(memory.hypervisor());
    memory.usage().ifPresent(message::setUsageBytes);
    return message.build();
  }

  private static Failure failure(TaskRecord.Failure failure) {
    return Failure.newBuilder()
        .setProblem(ApiProblems.message(failure.problem()))
        .setStep(failure.step())
        .setAt(timestamp(failure.at()))
        .build();
  }

  private static TaxPart tax(AnchorTax.Part part) {
    return TaxPart.newBuilder()
        .setName(part.name())
        .setPool(word(part.pool()))
        .setBytes(part.bytes())
        .setWhy(part.why())
        .build();
  }

  static Timestamp timestamp(Instant instant) {
    return Timestamp.newBuilder()
        .setSeconds(instant.getEpochSecond())
        .setNanos(instant.getNano())
        .build();
  }

  private static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
