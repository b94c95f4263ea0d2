package org.lfedge.eve.tasks.core.api;

import io.grpc.stub.ServerCallStreamObserver;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.lfedge.eve.tasks.core.api.v1.BlobProgress;
import org.lfedge.eve.tasks.core.api.v1.PullImageResponse;
import org.lfedge.eve.tasks.core.api.v1.PullResolved;
import org.lfedge.eve.tasks.core.api.v1.PullUnpacking;
import org.lfedge.eve.tasks.core.port.ContentStore.Descriptor;
import org.lfedge.eve.tasks.core.port.ImagePurpose;
import org.lfedge.eve.tasks.core.port.ImageStore;
import org.lfedge.eve.tasks.core.port.PullProgress;
import org.lfedge.eve.tasks.core.port.StoredImage;

/** Pulls for clients that watch. A client that leaves ends its pull. */
final class PullStreams implements AutoCloseable {

  /** How often a client hears of one blob; what it misses in between is out of date anyway. */
  private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** More wait for their turn: they would only share the same link. */
  private static final int AT_ONCE = 3;

  private final ImageStore images;
  private final ExecutorService threads = StreamThreads.few("image-pull", AT_ONCE);

  PullStreams(ImageStore images) {
    this.images = images;
  }

  void open(String reference, String platform, ServerCallStreamObserver<PullImageResponse> client) {
    Telling progress = new Telling(client);
    Future<?> pull =
        threads.submit(
            () -> {
              try {
                StoredImage image =
                    images.pull(
                        reference, ImageCalls.choice(platform), ImagePurpose.IMAGE, progress);
                progress.end(
                    PullImageResponse.newBuilder()
                        .setImage(ImageMessages.entry(List.of(image)))
                        .build());
              } catch (RuntimeException e) {
                progress.fail(e);
              }
            });
    client.setOnCancelHandler(
        () -> {
          boolean unused = pull.cancel(true);
        });
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private static final class Telling implements PullProgress {

    private final ServerCallStreamObserver<PullImageResponse> client;
    private final Map<String, Long> told = new HashMap<>();
    private final Set<String> ended = new HashSet<>();

    Telling(ServerCallStreamObserver<PullImageResponse> client) {
      this.client = client;
    }

    @Override
    public void resolved(String name, String digest) {
      send(
          PullImageResponse.newBuilder()
              .setResolved(PullResolved.newBuilder().setName(name).setDigest(digest))
              .build());
    }

    @Override
    public void blob(Descriptor blob, long bytes) {
      if (isDue(blob, bytes)) {
        send(
            PullImageResponse.newBuilder()
                .setBlob(
                    BlobProgress.newBuilder()
                        .setDigest(blob.digest())
                        .setTotalBytes(blob.size())
                        .setBytes(bytes))
                .build());
      }
    }

    private synchronized boolean isDue(Descriptor blob, long bytes) {
      if (ended.contains(blob.digest())) {
        return false;
      }
      long now = System.nanoTime();
      Long before = told.get(blob.digest());
      if (bytes == blob.size()) {
        ended.add(blob.digest());
      } else if (before != null && (!client.isReady() || now - before < INTERVAL_NANOS)) {
        return false;
      }
      told.put(blob.digest(), now);
      return true;
    }

    @Override
    public void unpacking(String name) {
      send(PullImageResponse.newBuilder().setUnpacking(PullUnpacking.getDefaultInstance()).build());
    }

    private synchronized void send(PullImageResponse message) {
      if (!client.isCancelled()) {
        client.onNext(message);
      }
    }

    synchronized void end(PullImageResponse message) {
      if (!client.isCancelled()) {
        client.onNext(message);
        client.onCompleted();
      }
    }

    synchronized void fail(RuntimeException e) {
      if (!client.isCancelled()) {
        client.onError(ApiProblems.toStatus(e));
      }
    }
  }
}
