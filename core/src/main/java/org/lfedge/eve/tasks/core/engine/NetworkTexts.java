package org.lfedge.eve.tasks.core.engine;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.lfedge.eve.tasks.core.port.AttachedInterface;
import org.lfedge.eve.tasks.spi.seed.SeedFile;

/**
 * The files in which programs look for names and addresses. A task with interfaces gets them from
 * the core, whatever its root has there.
 */
final class NetworkTexts {

  /** How many files there are. */
  static final int COUNT = 3;

  /** Their places among them. */
  static final int HOSTNAME = 0;

  static final int HOSTS = 1;
  static final int RESOLV_CONF = 2;

  private static final List<String> TARGETS =
      List.of("/etc/hostname", "/etc/hosts", "/etc/resolv.conf");

  private static final int MODE = 0644;

  /** What the resolver of glibc reads of a file; it ignores more. */
  private static final int MAX_SERVERS = 3;

  private NetworkTexts() {}

  /** The files of a task whose interfaces are made. */
  static List<SeedFile> of(String task, List<AttachedInterface> interfaces) {
    List<String> contents = List.of(task + "\n", hosts(task, interfaces), resolver(interfaces));
    List<SeedFile> files = new ArrayList<>();
    for (int i = 0; i < TARGETS.size(); i++) {
      files.add(new SeedFile(TARGETS.get(i), contents.get(i).getBytes(UTF_8), MODE));
    }
    return files;
  }

  private static String hosts(String task, List<AttachedInterface> interfaces) {
    StringBuilder hosts = new StringBuilder();
    hosts.append("127.0.0.1\tlocalhost\n");
    hosts.append("::1\tlocalhost ip6-localhost ip6-loopback\n");
    for (AttachedInterface attached : interfaces) {
      for (String address : attached.addresses()) {
        hosts.append(address, 0, address.indexOf('/')).append('\t').append(task).append('\n');
      }
    }
    return hosts.toString();
  }

  private static String resolver(List<AttachedInterface> interfaces) {
    Set<String> servers = new LinkedHashSet<>();
    interfaces.forEach(attached -> servers.addAll(attached.dns()));
    StringBuilder text = new StringBuilder();
    servers.stream()
        .limit(MAX_SERVERS)
        .forEach(server -> text.append("nameserver ").append(server).append('\n'));
    return text.toString();
  }
}
