package org.lfedge.eve.tasks.core.containerd;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.containerd.api.content.ContentGrpc;
import org.lfedge.eve.tasks.core.containerd.api.content.ReadContentRequest;
import org.lfedge.eve.tasks.core.containerd.api.content.ReadContentResponse;

/** A blob as a stream; containerd sends the next piece when the last one was read. */
final class BlobReader extends InputStream {

  private final ContainerdClient client;
  private final String digest;
  private final Context.CancellableContext context;
  private final Iterator<ReadContentResponse> pieces;
  private InputStream piece = InputStream.nullInputStream();

  private BlobReader(ContainerdClient client, String digest) {
    this.client = client;
    this.digest = digest;
    context = Context.current().withCancellation();
    Context before = context.attach();
    try {
      pieces =
          client
              .within(ContainerdClient.BULK, ContentGrpc::newBlockingStub)
              .read(ReadContentRequest.newBuilder().setDigest(digest).build());
    } finally {
      context.detach(before);
    }
  }

  /** Opens a blob; fails here, not at the first read, if there is none. */
  static BlobReader open(ContainerdClient client, String digest) {
    BlobReader reader = new BlobReader(client, digest);
    try {
      client.call(reader.what(), reader.pieces::hasNext);
    } catch (RuntimeException e) {
      reader.close();
      throw e;
    }
    return reader;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, buffer.length);
    if (length == 0) {
      return 0;
    }
    int count = piece.read(buffer, offset, length);
    while (count < 0) {
      ByteString next = nextPiece();
      if (next == null) {
        return -1;
      }
      piece = next.newInput();
      count = piece.read(buffer, offset, length);
    }
    return count;
  }

  private @Nullable ByteString nextPiece() throws IOException {
    try {
      return pieces.hasNext() ? pieces.next().getData() : null;
    } catch (StatusRuntimeException e) {
      throw new IOException(ContainerdFailure.of(client.socket(), what(), e));
    }
  }

  private String what() {
    return "read the blob " + digest;
  }

  @Override
  public void close() {
    context.cancel(null);
  }
}
