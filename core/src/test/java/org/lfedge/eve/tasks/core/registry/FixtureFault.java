package org.lfedge.eve.tasks.core.registry;

import java.nio.charset.StandardCharsets;

/** Something other than the honest answer. */
public interface FixtureFault {
  /** The answer instead. */
  FixtureReply instead(FixtureRegistry.Request request, FixtureReply honest);

  /** A status, with headers as name and value in turn. */
  static FixtureFault status(int status, String... headers) {
    return (request, honest) -> {
      FixtureReply reply = FixtureReply.of(status, "application/json", new byte[0]);
      for (int i = 0; i < headers.length; i += 2) {
        reply = reply.with(headers[i], headers[i + 1]);
      }
      return reply;
    };
  }

  /** The page of a proxy. */
  static FixtureFault html() {
    byte[] page = "<html>please log in</html>".getBytes(StandardCharsets.UTF_8);
    return (request, honest) -> FixtureReply.of(200, "text/html; charset=utf-8", page);
  }

  /** Away to a URL. */
  static FixtureFault redirect(String url) {
    return status(307, "Location", url);
  }

  /** A part of the body, then a reset, an end, a stall or more than was asked for. */
  static FixtureFault until(FixtureReply.Limit how, long bytes) {
    return (request, honest) -> honest.until(how, bytes);
  }
}
