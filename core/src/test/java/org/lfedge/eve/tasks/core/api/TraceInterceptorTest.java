package org.lfedge.eve.tasks.core.api;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lfedge.eve.tasks.core.api.v1.ListRequest;
import org.lfedge.eve.tasks.core.api.v1.ListResponse;
import org.lfedge.eve.tasks.core.api.v1.TaskmanagerGrpc;
import org.slf4j.MDC;

class TraceInterceptorTest {

  private static final String ID = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String PARENT = "00-" + ID + "-00f067aa0ba902b7-01";

  @Test
  void theIdOfACallersTraceIsRead() {
    assertEquals(Optional.of(ID), TraceInterceptor.traceId(PARENT));
    assertEquals(Optional.of(ID), TraceInterceptor.traceId("01" + PARENT.substring(2) + "-more"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00-" + ID,
        "ff-" + ID + "-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-" + ID + "-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-" + ID + "-00f067aa0ba902b7-01 "
      })
  void whatIsNoTraceIsLeftOut(String header) {
    assertEquals(Optional.empty(), TraceInterceptor.traceId(header));
  }

  @Test
  void theLoggingContextHasTheIdDuringTheCallAlone() {
    assertEquals(List.of(ID, ID, ID, ID, ID), seen(PARENT));
    assertEquals(List.of("none", "none", "none", "none", "none"), seen("nonsense"));
    assertEquals(Optional.empty(), Optional.ofNullable(MDC.get(TraceInterceptor.KEY)));
  }

  /** The id at the start of a call and at each step of it. */
  private static List<String> seen(String header) {
    List<String> seen = new ArrayList<>();
    ServerCallHandler<ListRequest, ListResponse> handler =
        (call, headers) -> {
          note(seen);
          return new ServerCall.Listener<>() {
            @Override
            public void onMessage(ListRequest message) {
              note(seen);
            }

            @Override
            public void onHalfClose() {
              note(seen);
            }

            @Override
            public void onReady() {
              note(seen);
            }

            @Override
            public void onCancel() {
              note(seen);
            }
          };
        };
    Metadata headers = new Metadata();
    headers.put(TraceInterceptor.HEADER, header);
    ServerCall.Listener<ListRequest> listener =
        new TraceInterceptor().interceptCall(new NoCall(), headers, handler);
    listener.onReady();
    listener.onMessage(ListRequest.getDefaultInstance());
    listener.onHalfClose();
    listener.onCancel();
    return seen;
  }

  private static void note(List<String> seen) {
    seen.add(Optional.ofNullable(MDC.get(TraceInterceptor.KEY)).orElse("none"));
  }

  /** A call that nobody made. */
  private static final class NoCall extends ServerCall<ListRequest, ListResponse> {
    @Override
    public void request(int messages) {}

    @Override
    public void sendHeaders(Metadata headers) {}

    @Override
    public void sendMessage(ListResponse message) {}

    @Override
    public void close(Status status, Metadata trailers) {}

    @Override
    public boolean isCancelled() {
      return false;
    }

    @Override
    public MethodDescriptor<ListRequest, ListResponse> getMethodDescriptor() {
      return TaskmanagerGrpc.getListMethod();
    }
  }
}
