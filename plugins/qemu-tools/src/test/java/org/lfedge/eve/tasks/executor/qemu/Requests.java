package org.lfedge.eve.tasks.executor.qemu;

import org.lfedge.eve.tasks.spi.guest.GuestRequest;
import org.lfedge.eve.tasks.spi.task.Root;

/** Requests for machines of each kind. */
final class Requests {

  private static final QemuExecutor EXECUTOR = new QemuExecutor();

  private Requests() {}

  static GuestRequest of(Root root) {
    return GuestRequest.of(EXECUTOR, root);
  }

  static GuestRequest disk(String format) {
    return GuestRequest.disk(EXECUTOR, format);
  }

  static GuestRequest kernel() {
    return GuestRequest.kernel(EXECUTOR);
  }

  static GuestRequest image(String... program) {
    return GuestRequest.image(EXECUTOR, program);
  }
}
