package org.lfedge.eve.tasks.executor.xen;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.lfedge.eve.tasks.spi.SeedException;
import org.lfedge.eve.tasks.spi.guest.GuestRequest;
import org.lfedge.eve.tasks.spi.seed.Seed;
import org.lfedge.eve.tasks.spi.task.Root;
import org.lfedge.eve.tasks.spi.task.View;

/** Requests for domains of each kind, on a node with Xen that can do all of them. */
final class Requests {

  private static final XenExecutor EXECUTOR = new XenExecutor();

  private Requests() {}

  static GuestRequest of(Root root) {
    return GuestRequest.of(EXECUTOR, root).hypervisor("xen", "4.17.7", "hap", "hvm", "pv");
  }

  static GuestRequest disk(String format) {
    return of(new Root.File("/srv/disk", format, false));
  }

  static GuestRequest kernel() {
    return of(new Root.None()).volume("kernel", View.FILE);
  }

  static GuestRequest image(String... program) {
    return of(new Root.Image("registry.local/app:1", false))
        .image(GuestRequest.Image.of("amd64", List.of(program)));
  }

  /** The configuration of the domain, as text. */
  static String text(Seed seed) {
    return seed.files().stream()
        .filter(file -> file.target().equals(DomainConfig.PATH))
        .map(file -> new String(file.content(), StandardCharsets.UTF_8))
        .findFirst()
        .orElseThrow();
  }

  static Map<String, Object> config(GuestRequest request) throws SeedException {
    return XlText.read(text(request.seed()));
  }

  /** Its code and its place, such as {@code BAD_VALUE at options.type}. */
  static String refusal(GuestRequest request) {
    try {
      request.seed();
      return "none";
    } catch (SeedException refused) {
      return refused.code() + " at " + refused.path();
    }
  }
}
