package org.lfedge.eve.tasks.dist.endtoend;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.lfedge.eve.tasks.core.api.v1.ApplyRequest;
import org.lfedge.eve.tasks.core.api.v1.ApplyResponse;
import org.lfedge.eve.tasks.core.api.v1.CreateVolumeRequest;
import org.lfedge.eve.tasks.core.api.v1.DeleteRequest;
import org.lfedge.eve.tasks.core.api.v1.DocumentRequest;
import org.lfedge.eve.tasks.core.api.v1.Event;
import org.lfedge.eve.tasks.core.api.v1.EventsRequest;
import org.lfedge.eve.tasks.core.api.v1.ExportImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.ImageEntry;
import org.lfedge.eve.tasks.core.api.v1.ImportImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.ListImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.ListImagesResponse;
import org.lfedge.eve.tasks.core.api.v1.ListRequest;
import org.lfedge.eve.tasks.core.api.v1.ListVolumesRequest;
import org.lfedge.eve.tasks.core.api.v1.PruneImagesRequest;
import org.lfedge.eve.tasks.core.api.v1.PullImageRequest;
import org.lfedge.eve.tasks.core.api.v1.PullImageResponse;
import org.lfedge.eve.tasks.core.api.v1.RemoveImageRequest;
import org.lfedge.eve.tasks.core.api.v1.StartRequest;
import org.lfedge.eve.tasks.core.api.v1.StopRequest;
import org.lfedge.eve.tasks.core.api.v1.Task;
import org.lfedge.eve.tasks.core.api.v1.TaskRequest;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc.TaskmanagerBlockingStub;
import org.lfedge.eve.tasks.core.api.v1.VolumeDisk;
import org.lfedge.eve.tasks.core.api.v1.VolumeEntry;
import org.lfedge.eve.tasks.core.api.v1.VolumeRequest;

/**
 * The API of a node's daemon, for tests that call it too often for taskctl. A connection to one
 * daemon: the next one gets its own.
 */
final class Api implements AutoCloseable {

  /** Far beyond what anything takes on a busy machine. */
  private static final long DEADLINE_SECONDS = 120;

  private final EventLoopGroup eventLoop;
  private final ManagedChannel channel;
  private final String directory;

  Api(PackagedNode node) {
    directory = node.documents().toString();
    eventLoop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(node.socket()))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(eventLoop)
            .usePlaintext()
            .overrideAuthority("localhost")
            .maxInboundMetadataSize(1 << 20)
            .build();
  }

  TaskmanagerBlockingStub stub() {
    return TaskmanagerGrpc.newBlockingStub(channel)
        .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS);
  }

  Task create(String document) {
    return stub()
        .create(
            DocumentRequest.newBuilder()
                .setDocument(bytes(document))
                .setBaseDirectory(directory)
                .build());
  }

  Task start(String task) {
    return stub().start(StartRequest.newBuilder().setName(task).build());
  }

  Task stop(String task) {
    return stub().stop(StopRequest.newBuilder().setName(task).build());
  }

  void delete(String task, boolean force) {
    var unused = stub().delete(DeleteRequest.newBuilder().setName(task).setForce(force).build());
  }

  /** With the volumes that were made with it. */
  void purge(String task) {
    var unused =
        stub()
            .delete(DeleteRequest.newBuilder().setName(task).setForce(true).setPurge(true).build());
  }

  void createVolume(String name, long bytes, String content) {
    var unused =
        stub()
            .createVolume(
                CreateVolumeRequest.newBuilder()
                    .setName(name)
                    .setBytes(bytes)
                    .setContent(content)
                    .build());
  }

  /** One that is a copy of a disk of the node. */
  void createDisk(String name, String path, String format) {
    var unused =
        stub()
            .createVolume(
                CreateVolumeRequest.newBuilder()
                    .setName(name)
                    .setDisk(VolumeDisk.newBuilder().setPath(path).setFormat(format))
                    .build());
  }

  void deleteVolume(String name) {
    var unused = stub().deleteVolume(VolumeRequest.newBuilder().setName(name).build());
  }

  /** The names of the volumes that the node keeps. */
  List<String> volumes() {
    return stub().listVolumes(ListVolumesRequest.getDefaultInstance()).getVolumesList().stream()
        .map(VolumeEntry::getName)
        .toList();
  }

  /** Waits until the anchor of a task has ended. */
  Task awaitExit(String task) {
    return stub().wait(name(task));
  }

  ApplyResponse apply(String documents, boolean prune) {
    return stub()
        .apply(
            ApplyRequest.newBuilder()
                .setDocuments(bytes(documents))
                .setBaseDirectory(directory)
                .setPrune(prune)
                .build());
  }

  ListImagesResponse importImages(String path) {
    return stub().importImages(ImportImagesRequest.newBuilder().setPath(path).build());
  }

  ImageEntry pull(String name) {
    PullImageResponse last = PullImageResponse.getDefaultInstance();
    var steps = stub().pullImage(PullImageRequest.newBuilder().setReference(name).build());
    while (steps.hasNext()) {
      last = steps.next();
    }
    return last.getImage();
  }

  void export(String name, String path) {
    var unused =
        stub()
            .exportImages(
                ExportImagesRequest.newBuilder().addReferences(name).setPath(path).build());
  }

  void remove(String name) {
    var unused = stub().removeImage(RemoveImageRequest.newBuilder().setReference(name).build());
  }

  /** Removes the images that no task needs, and what interrupted pulls have left. */
  void prune() {
    var unused = stub().pruneImages(PruneImagesRequest.getDefaultInstance());
  }

  /** The names of all images. */
  List<String> images() {
    return stub().listImages(ListImagesRequest.getDefaultInstance()).getImagesList().stream()
        .map(image -> image.getName())
        .toList();
  }

  List<Task> list() {
    return stub().list(ListRequest.getDefaultInstance()).getTasksList();
  }

  /** A task that there must be. */
  Task task(String name) {
    return list().stream()
        .filter(task -> task.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new AssertionError("there is no task " + name));
  }

  /** The process of a task that has one. */
  Anchor anchor(String name) {
    return anchor(task(name));
  }

  static Anchor anchor(Task task) {
    if (!task.hasPid()) {
      throw new AssertionError("no PID in " + task);
    }
    return new Anchor(task.getPid(), task.getPidStartTime());
  }

  boolean has(String name) {
    return list().stream().anyMatch(task -> task.getName().equals(name));
  }

  /** Waits until a task is as it should be. */
  Task await(String name, String what, Predicate<Task> condition) {
    Programs.await(name + " " + what, () -> condition.test(task(name)));
    return task(name);
  }

  /** All that is known to have happened, of all tasks. */
  List<Event> events() {
    List<Event> events = new ArrayList<>();
    stub().events(EventsRequest.getDefaultInstance()).forEachRemaining(events::add);
    return events;
  }

  /** The deaths of one process that are told. */
  List<Event> exitsOf(Anchor anchor) {
    return events().stream()
        .filter(event -> event.getType().equals("exited"))
        .filter(event -> new Anchor(event.getPid(), event.getPidStartTime()).equals(anchor))
        .toList();
  }

  private static TaskRequest name(String task) {
    return TaskRequest.newBuilder().setName(task).build();
  }

  private static ByteString bytes(String text) {
    return ByteString.copyFrom(text, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }
}
