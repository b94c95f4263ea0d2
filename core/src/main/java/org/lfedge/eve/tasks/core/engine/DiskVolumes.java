package org.lfedge.eve.tasks.core.engine;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.lfedge.eve.tasks.core.config.FileOrigin;
import org.lfedge.eve.tasks.core.config.VolumeConfig.Format;
import org.lfedge.eve.tasks.core.config.VolumeNames;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.DiskContent;
import org.lfedge.eve.tasks.core.port.FetchedFiles;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.StoredVolume;
import org.lfedge.eve.tasks.core.port.Volumes;

/** Makes volumes of the node from disks, which are fetched first where they are not on it. */
final class DiskVolumes implements AutoCloseable {

  private final Volumes volumes;
  private final FetchedFiles files;
  private final RootFiles kept;
  private final ImageFetches fetches;

  /** One at a time, as each fills the disk, and not where others wait to fetch something. */
  private final ThreadPoolExecutor making;

  DiskVolumes(Volumes volumes, FetchedFiles files, RootFiles kept, ImageFetches fetches) {
    this.volumes = volumes;
    this.files = files;
    this.kept = kept;
    this.fetches = fetches;
    making =
        new ThreadPoolExecutor(
            1,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            work -> {
              Thread thread = new Thread(work, "disk-volume");
              thread.setDaemon(true);
              return thread;
            });
    making.allowCoreThreadTimeOut(true);
  }

  /**
   * From a file at a URL, which goes when the volume is made, unless a task has it as well. Who
   * cancels the result breaks the fetch off.
   */
  CompletableFuture<StoredVolume> create(
      String name, FileOrigin.Url from, Format format, long bytes) {
    return unlessThere(
        name,
        () -> {
          CompletableFuture<FetchedFiles.Kept> fetched =
              fetches.run(() -> files.fetch(from, format, PullProgress.NONE));
          return ImageFetches.cancelling(
              () -> fetched.cancel(true),
              kept.during(
                  () ->
                      fetched.thenApplyAsync(
                          file ->
                              volumes.createDisk(
                                  name,
                                  new DiskContent(
                                      new DiskContent.Fetched(file.digest(), from.shown()), format),
                                  bytes),
                          making)));
        });
  }

  /** From a file of the node. */
  CompletableFuture<StoredVolume> create(
      String name, String path, Optional<String> digest, Format format, long bytes) {
    return unlessThere(
        name,
        () -> {
          DiskContent content = new DiskContent(new DiskContent.OfNode(path, digest), format);
          return CompletableFuture.supplyAsync(
              () -> volumes.createDisk(name, content, bytes), making);
        });
  }

  /** Before much is fetched for nothing. */
  private CompletableFuture<StoredVolume> unlessThere(
      String name, Supplier<CompletableFuture<StoredVolume>> work) {
    try {
      VolumeNames.require(name);
      return volumes.find(name).isPresent()
          ? CompletableFuture.failedFuture(exists(name))
          : work.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static TaskException exists(String name) {
    return TaskException.refused(
        Problem.user(
            "VOLUME_EXISTS",
            "there is a volume " + name + " already; use it, remove it, or choose another name"));
  }

  @Override
  public void close() {
    making.shutdownNow();
  }
}
