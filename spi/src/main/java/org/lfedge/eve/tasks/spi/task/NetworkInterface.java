package org.lfedge.eve.tasks.spi.task;

import java.util.List;

/**
 * A network interface in the task's own network namespace. It is there before the seed is made, so
 * all of it is known.
 */
public interface NetworkInterface {

  /** As the task sees it, such as {@code eth0}. */
  String name();

  /** Six bytes in lower-case hex, joined by colons. */
  String mac();

  /** In bytes. */
  int mtu();

  /** Each with the length of its prefix, such as {@code 10.1.0.5/24}. */
  List<String> addresses();

  /** Of IPv4 and IPv6, as far as there are any. */
  List<String> gateways();

  /** Servers for names. */
  List<String> dns();
}
