package org.lfedge.eve.tasks.core.containerd;

import com.google.protobuf.UnsafeByteOperations;
import io.grpc.Status;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.io.InputStream;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.containerd.api.content.AbortRequest;
import org.lfedge.eve.tasks.core.containerd.api.content.ContentGrpc;
import org.lfedge.eve.tasks.core.containerd.api.content.WriteAction;
import org.lfedge.eve.tasks.core.containerd.api.content.WriteContentRequest;
import org.lfedge.eve.tasks.core.containerd.api.content.WriteContentResponse;
import org.lfedge.eve.tasks.core.containerd.api.types.Descriptor;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.port.ContentStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes one blob. Each piece waits for containerd's answer to the one before, so that no more than
 * one is in memory; the blob appears only with the last step, which checks its size and digest.
 */
final class BlobWriter {

  private static final Logger LOG = LoggerFactory.getLogger(BlobWriter.class);
  private static final int PIECE_BYTES = 1 << 20;

  private final ContainerdClient client;
  private final ContainerdLease lease;
  private final String ref;
  private final boolean resumable;
  private boolean again;

  /**
   * Prepares to write.
   *
   * @param ref names the unfinished blob in containerd; nobody else uses it meanwhile
   * @param resumable whether an unfinished blob is gone on with, and left if the source fails
   */
  BlobWriter(ContainerdClient client, ContainerdLease lease, String ref, boolean resumable) {
    this.client = client;
    this.lease = lease;
    this.ref = ref;
    this.resumable = resumable;
  }

  static Descriptor message(ContentStore.Descriptor blob) {
    return Descriptor.newBuilder()
        .setMediaType(blob.mediaType())
        .setDigest(blob.digest())
        .setSize(blob.size())
        .build();
  }

  /**
   * Writes.
   *
   * @return false if the blob was there, from the beginning or at the end; the lease holds it then
   */
  boolean write(
      ContentStore.Descriptor blob,
      ContentStore.BlobSource source,
      SortedMap<String, String> labels) {
    try {
      return attempt(blob, source, labels);
    } catch (WrongRest e) {
      return attempt(blob, source, labels);
    }
  }

  /** What an earlier try has left was not right, as after a loss of power; it is dropped. */
  private static final class WrongRest extends RuntimeException {

    private static final long serialVersionUID = 1;
  }

  private boolean attempt(
      ContentStore.Descriptor blob,
      ContentStore.BlobSource source,
      SortedMap<String, String> labels) {
    BlockingClientCall<WriteContentRequest, WriteContentResponse> call =
        lease.within(ContainerdClient.BULK, ContentGrpc::newBlockingV2Stub).write();
    boolean done = false;
    boolean wrong = false;
    long start = 0;
    try {
      start = exchange(call, request(WriteAction.STAT, blob).build()).getOffset();
      try (InputStream bytes = source.open(start)) {
        copy(call, blob, start, bytes);
      }
      WriteContentRequest commit =
          request(WriteAction.COMMIT, blob).setOffset(blob.size()).putAllLabels(labels).build();
      exchange(call, commit);
      done = true;
      finish(call);
      return true;
    } catch (StatusException e) {
      if (e.getStatus().getCode() == Status.Code.ALREADY_EXISTS) {
        // At the first step or, if another task with the same image was faster, at the last one;
        // containerd gave the blob to this lease too.
        done = true;
        return false;
      }
      wrong = e.getStatus().getCode() == Status.Code.FAILED_PRECONDITION;
      if (wrong && start > 0 && !again) {
        again = true;
        throw new WrongRest();
      }
      throw failure(blob, e.getStatus());
    } catch (TaskException e) {
      wrong = e.first().kind() == Problem.Kind.USER;
      throw e;
    } catch (IOException e) {
      throw TaskException.failed(
          Problem.host("BLOB_NOT_READ", "cannot " + what(blob) + ": its source failed: " + e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failure(blob, Status.CANCELLED);
    } finally {
      if (!done) {
        finish(call);
        if (wrong || !resumable) {
          abort(blob);
        }
      }
    }
  }

  private void copy(
      BlockingClientCall<WriteContentRequest, WriteContentResponse> call,
      ContentStore.Descriptor blob,
      long start,
      InputStream bytes)
      throws IOException, InterruptedException, StatusException {
    long offset = start;
    // One for all pieces: each was sent before the next is read, and the heap is small. A byte more
    // than there should be tells a source that is too long.
    byte[] piece = new byte[(int) Math.max(1, Math.min(PIECE_BYTES, blob.size() - start + 1))];
    while (true) {
      int count = bytes.readNBytes(piece, 0, piece.length);
      if (count == 0) {
        break;
      }
      if (offset + count > blob.size()) {
        throw wrongSize(blob, "more than that");
      }
      exchange(
          call,
          request(WriteAction.WRITE, blob)
              .setOffset(offset)
              .setData(UnsafeByteOperations.unsafeWrap(piece, 0, count))
              .build());
      offset += count;
    }
    if (offset != blob.size()) {
      throw wrongSize(blob, Long.toString(offset));
    }
  }

  private WriteContentRequest.Builder request(WriteAction action, ContentStore.Descriptor blob) {
    return WriteContentRequest.newBuilder()
        .setAction(action)
        .setRef(ref)
        .setTotal(blob.size())
        .setExpected(blob.digest());
  }

  private static WriteContentResponse exchange(
      BlockingClientCall<WriteContentRequest, WriteContentResponse> call,
      WriteContentRequest request)
      throws InterruptedException, StatusException {
    boolean sent;
    try {
      sent = call.write(request, ContainerdClient.SLOW.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw Status.DEADLINE_EXCEEDED.withCause(e).asException();
    }
    // If it was not sent, the call is over, and the read throws the reason.
    WriteContentResponse answer = read(call);
    if (answer == null) {
      throw Status.INTERNAL
          .withDescription("containerd ended the write" + (sent ? "" : " before it was done"))
          .asException();
    }
    return answer;
  }

  private TaskException failure(ContentStore.Descriptor blob, Status status) {
    if (status.getCode() == Status.Code.FAILED_PRECONDITION) {
      return TaskException.failed(
          Problem.user(
              "DIGEST_MISMATCH",
              "cannot "
                  + what(blob)
                  + ": its content has another digest or size; it is damaged ("
                  + ContainerdFailure.plain(String.valueOf(status.getDescription()))
                  + ")"));
    }
    return ContainerdFailure.of(client.socket(), what(blob), status.asRuntimeException());
  }

  private static TaskException wrongSize(ContentStore.Descriptor blob, String actual) {
    return TaskException.failed(
        Problem.user(
            "SIZE_MISMATCH",
            "cannot "
                + what(blob)
                + ": it should have "
                + blob.size()
                + " bytes, and has "
                + actual
                + "; it is damaged"));
  }

  private static String what(ContentStore.Descriptor blob) {
    return "store the blob " + blob.digest();
  }

  /**
   * Ends the call in order. An unfinished blob can be dropped only when containerd has closed it,
   * and gRPC keeps a call and its deadline's timer until it was read to the end.
   */
  private static void finish(BlockingClientCall<WriteContentRequest, WriteContentResponse> call) {
    try {
      call.halfClose();
      @Nullable WriteContentResponse answer = read(call);
      while (answer != null) {
        answer = read(call);
      }
    } catch (StatusException e) {
      call.cancel("it is over", e);
    } catch (InterruptedException e) {
      call.cancel("interrupted", e);
      Thread.currentThread().interrupt();
    }
  }

  private static @Nullable WriteContentResponse read(
      BlockingClientCall<WriteContentRequest, WriteContentResponse> call)
      throws InterruptedException, StatusException {
    try {
      return call.read(ContainerdClient.SLOW.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      throw Status.DEADLINE_EXCEEDED.withCause(e).asException();
    }
  }

  private void abort(ContentStore.Descriptor blob) {
    try {
      client.callUnless(
          Status.Code.NOT_FOUND,
          "drop what was written of the blob " + blob.digest(),
          () ->
              client
                  .quick(ContentGrpc::newBlockingStub)
                  .abort(AbortRequest.newBuilder().setRef(ref).build()));
    } catch (TaskException e) {
      LOG.warn("{}; containerd drops it within a day", e.getMessage());
    }
  }
}
