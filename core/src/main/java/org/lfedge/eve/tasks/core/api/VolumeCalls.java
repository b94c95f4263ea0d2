package org.lfedge.eve.tasks.core.api;

import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import org.lfedge.eve.tasks.core.api.v1.CreateVolumeRequest;
import org.lfedge.eve.tasks.core.api.v1.DeleteVolumeResponse;
import org.lfedge.eve.tasks.core.api.v1.ListVolumesResponse;
import org.lfedge.eve.tasks.core.api.v1.VolumeDisk;
import org.lfedge.eve.tasks.core.api.v1.VolumeEntry;
import org.lfedge.eve.tasks.core.config.DiskArguments;
import org.lfedge.eve.tasks.core.config.VolumeConfig;
import org.lfedge.eve.tasks.core.engine.TaskManager;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.StoredVolume;
import org.lfedge.eve.tasks.core.port.TaskRecord;
import org.lfedge.eve.tasks.core.port.Volumes;

/** The calls about volumes that the node keeps. */
final class VolumeCalls implements AutoCloseable {

  private final TaskManager tasks;
  private final Volumes volumes;

  /** These fill the disk: one at a time, and not on the threads of other calls. */
  private final ExecutorService making = StreamThreads.one("volume");

  VolumeCalls(TaskManager tasks, Volumes volumes) {
    this.tasks = tasks;
    this.volumes = volumes;
  }

  void list(StreamObserver<ListVolumesResponse> client) {
    Answers.now(
        client,
        () -> {
          List<TaskRecord> records = tasks.records();
          return ListVolumesResponse.newBuilder()
              .addAllVolumes(volumes.list().stream().map(volume -> entry(volume, records)).toList())
              .build();
        });
  }

  void create(CreateVolumeRequest request, StreamObserver<VolumeEntry> client) {
    Answers.later(
        client,
        () -> {
          String name = request.getName();
          if (request.hasDisk()) {
            return createDisk(request);
          }
          Optional<String> content =
              request.getContent().isEmpty()
                  ? Optional.empty()
                  : Optional.of(TaskmanagerService.absolute(request.getContent()).toString());
          Optional<VolumeConfig.Owner> owner =
              request.hasOwner()
                  ? Optional.of(
                      new VolumeConfig.Owner(
                          request.getOwner().getUid(), request.getOwner().getGid()))
                  : Optional.empty();
          return CompletableFuture.supplyAsync(
              () -> volumes.create(name, request.getBytes(), content, owner), making);
        },
        volume -> entry(volume, tasks.records()));
  }

  private CompletableFuture<StoredVolume> createDisk(CreateVolumeRequest request) {
    if (!request.getContent().isEmpty() || request.hasOwner()) {
      throw TaskException.failed(
          Problem.user(
              "CONFLICT",
              "the volume "
                  + request.getName()
                  + " is to be a copy of a disk, which has its content and owners already; leave"
                  + " out the directory and the owner, or the disk"));
    }
    VolumeDisk disk = request.getDisk();
    VolumeConfig.Format format = DiskArguments.format(disk.getFormat());
    if (disk.getSourceCase() == VolumeDisk.SourceCase.URL) {
      return tasks.createDisk(
          request.getName(),
          DiskArguments.url(disk.getUrl(), disk.getDigest()),
          format,
          request.getBytes());
    }
    Optional<String> digest =
        disk.getDigest().isEmpty()
            ? Optional.empty()
            : Optional.of(DiskArguments.digest(disk.getDigest()));
    return tasks.createDisk(
        request.getName(),
        TaskmanagerService.absolute(disk.getPath()).toString(),
        digest,
        format,
        request.getBytes());
  }

  void inspect(String name, StreamObserver<VolumeEntry> client) {
    Answers.now(client, () -> entry(find(name), tasks.records()));
  }

  void delete(String name, StreamObserver<DeleteVolumeResponse> client) {
    Answers.now(
        client,
        () -> {
          SortedSet<String> users = users(find(name), tasks.records());
          if (!users.isEmpty()) {
            throw TaskException.refused(
                Problem.user(
                    "VOLUME_IN_USE",
                    "volume " + name + " belongs to the tasks " + users + "; delete them first"));
          }
          volumes.remove(name);
          return DeleteVolumeResponse.getDefaultInstance();
        });
  }

  private StoredVolume find(String name) {
    return volumes
        .find(name)
        .orElseThrow(
            () ->
                TaskException.notFound(
                    Problem.user(
                        "VOLUME_NOT_FOUND",
                        "the node keeps no volume "
                            + name
                            + "; see taskctl volumes list for what there is")));
  }

  /** Tasks that have it mounted, and those whose documents name it. */
  private static SortedSet<String> users(StoredVolume volume, List<TaskRecord> records) {
    SortedSet<String> users = new TreeSet<>(volume.usedBy());
    for (TaskRecord record : records) {
      if (record.document().storedVolumes().contains(volume.name())) {
        users.add(record.name());
      }
    }
    return users;
  }

  private static VolumeEntry entry(StoredVolume volume, List<TaskRecord> records) {
    return VolumeEntry.newBuilder()
        .setName(volume.name())
        .setKind(volume.kind())
        .setLimitBytes(volume.limitBytes())
        .setUsedBytes(volume.usedBytes())
        .setCreatedAt(TaskMessages.timestamp(volume.createdAt()))
        .setMadeFor(volume.madeFor().orElse(""))
        .setContent(volume.content().orElse(""))
        .addAllTasks(users(volume, records))
        .build();
  }

  @Override
  public void close() {
    making.shutdownNow();
  }
}
