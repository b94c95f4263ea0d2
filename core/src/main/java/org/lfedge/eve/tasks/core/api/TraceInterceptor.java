package org.lfedge.eve.tasks.core.api;

import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Has what is logged during a call bear the trace id of its caller, if it sends one: W3C Trace
 * Context, header {@code traceparent}. It is in the logging context as {@value #KEY}.
 */
final class TraceInterceptor implements ServerInterceptor {

  static final String KEY = "trace";
  static final Metadata.Key<String> HEADER =
      Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER);

  /** Later versions may have more fields; an id of zeros and version ff are not valid. */
  private static final Pattern PARENT =
      Pattern.compile(
          "(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?");

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Optional<String> id = traceId(headers.get(HEADER));
    if (id.isEmpty()) {
      return next.startCall(call, headers);
    }
    MDC.put(KEY, id.get());
    try {
      return new Traced<>(next.startCall(call, headers), id.get());
    } finally {
      MDC.remove(KEY);
    }
  }

  static Optional<String> traceId(@Nullable String traceparent) {
    Matcher parent = PARENT.matcher(traceparent == null ? "" : traceparent);
    return parent.matches() ? Optional.of(parent.group(1)) : Optional.empty();
  }

  /** gRPC runs each of these on any thread of its pool. */
  private static final class Traced<Q> extends SimpleForwardingServerCallListener<Q> {
    private final String id;

    Traced(ServerCall.Listener<Q> listener, String id) {
      super(listener);
      this.id = id;
    }

    @Override
    public void onMessage(Q message) {
      traced(() -> super.onMessage(message));
    }

    @Override
    public void onHalfClose() {
      traced(super::onHalfClose);
    }

    @Override
    public void onCancel() {
      traced(super::onCancel);
    }

    @Override
    public void onReady() {
      traced(super::onReady);
    }

    private void traced(Runnable work) {
      MDC.put(KEY, id);
      try {
        work.run();
      } finally {
        MDC.remove(KEY);
      }
    }
  }
}
