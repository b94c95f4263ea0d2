package org.lfedge.eve.tasks.dist;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * That no effect of a port is forgotten by the tests that kill the daemon at each of them. A new
 * method of a port is marked as an effect, or named here because it changes nothing.
 */
class PortEffectsTest {

  private static final List<String> QUERIES =
      List.of(
          "AnchorMemory.measure",
          "AppRecords.all",
          "AppRecords.find",
          "BinaryFormats.scope",
          "BinaryFormats.tasks",
          "ContainerRuntime.awaitExit",
          "ContainerRuntime.containers",
          "ContainerRuntime.containersBesides",
          "ContainerRuntime.roots",
          "ContainerRuntime.task",
          "ContainerRuntime.tasks",
          "ContentStore.blobLabels",
          "ContentStore.blobSize",
          "BlobSource.open",
          "ContentStore.hasLayers",
          "ContentStore.images",
          "ContentStore.imagesLabelled",
          "ContentStore.layersBytes",
          "ContentStore.openBlob",
          "Devices.answer",
          "Devices.exclusive",
          "Devices.node",
          "Devices.resolve",
          "Devices.tasks",
          "Downloads.open",
          "EventLog.last",
          "EventLog.listen",
          "EventLog.read",
          "ExecutorCatalog.find",
          "ExecutorCatalog.list",
          "ExecutorCatalog.rejected",
          "FactSource.accounts",
          "FactSource.answer",
          "FactSource.exists",
          "FactSource.realDirectory",
          "FetchedFiles.digest",
          "FetchedFiles.find",
          "HypervisorMemory.now",
          "ImageStore.contents",
          "ImageStore.examine",
          "ImageStore.examineLayout",
          "ImageStore.find",
          "ImageStore.judge",
          "ImageStore.layoutPlatform",
          "ImageStore.list",
          "ImageStore.readFile",
          "InsideProcesses.exit",
          "InterfaceMetrics.counters",
          "NetworkNamespaces.ofNode",
          "NetworkNamespaces.path",
          "NetworkNamespaces.pinned",
          "NetworkNamespaces.users",
          "NetworkProbes.http",
          "NetworkProbes.tcp",
          "Networks.attached",
          "Networks.check",
          "Networks.list",
          "Networks.nameServices",
          "Networks.tasks",
          "ObservedTax.peak",
          "OutputReader.next",
          "OutputReader.place",
          "Processes.cgroup",
          "Processes.cpus",
          "Processes.limits",
          "Processes.memoryUsage",
          "Processes.oomKills",
          "Processes.startTime",
          "Registries.repository",
          "Repository.document",
          "Repository.open",
          "Repository.referrers",
          "SandboxedExecutors.ofJar",
          "SandboxedExecutors.ofProgram",
          "Session.exit",
          "TaskFiles.output",
          "TaskFiles.secretsDirectory",
          "TaskFiles.seedFile",
          "TaskFiles.tasks",
          "TaskMetrics.usage",
          "TaskOutput.files",
          "TaskOutput.read",
          "TaskOutput.readOn",
          "TaskOutput.stuck",
          "TaskOutput.tasks",
          "TaskStore.load",
          "Volumes.check",
          "Volumes.find",
          "Volumes.list",
          "Volumes.path",
          "Volumes.runtimeDirectory",
          "Volumes.runtimeFile",
          "Volumes.state",
          "Volumes.tasks",
          "Volumes.views",
          "Volumes.writable",
          "Volumes.writableUse");

  /**
   * No scenario kills the daemon at these: they serve the connection of a person, which ends with
   * the daemon, and the next one removes what a session or a terminal left.
   */
  private static final List<String> OF_CONNECTIONS =
      List.of(
          "Attachment.close",
          "Attachment.write",
          "InsideProcesses.closeInput",
          "InsideProcesses.remove",
          "InsideProcesses.resize",
          "InsideProcesses.signal",
          "InsideProcesses.start",
          "OutputReader.endHere",
          "PullProgress.blob",
          "PullProgress.resolved",
          "PullProgress.unpacking",
          "Session.endInput",
          "Session.hangUp",
          "Session.resize",
          "Session.write",
          "SessionOutput.take",
          "Sessions.open",
          "Terminals.attach",
          "Terminals.close",
          "Terminals.open",
          "Viewer.end",
          "Viewer.show");

  @Test
  void everyMethodOfAPortIsMarkedAsAnEffectOrNamedAsAQuery() {
    SortedSet<String> unmarked = new TreeSet<>(Ports.methods().keySet());
    unmarked.removeAll(Ports.effects());
    SortedSet<String> named = new TreeSet<>(QUERIES);
    named.addAll(OF_CONNECTIONS);
    assertEquals(named, unmarked);
  }

  @Test
  void whatGivesNothingBackIsAnEffect() {
    SortedSet<String> pointless = new TreeSet<>();
    Ports.methods()
        .forEach(
            (name, method) -> {
              if (method.getReturnType() == void.class
                  && !Ports.effects().contains(name)
                  && !OF_CONNECTIONS.contains(name)) {
                pointless.add(name);
              }
            });
    assertEquals(List.of(), List.copyOf(pointless));
    assertTrue(Ports.effects().size() >= 25, Ports.effects().toString());
  }
}
