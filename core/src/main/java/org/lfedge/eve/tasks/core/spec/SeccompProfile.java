package org.lfedge.eve.tasks.core.spec;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Seccomp;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.SyscallArg;
import org.lfedge.eve.tasks.core.spec.RuntimeSpec.Syscalls;

/**
 * The system calls that tasks may make, as {@code seccomp.json} beside this class says. All others
 * fail with EPERM, or with ENOSYS where runc finds them newer than the profile.
 *
 * <p>What ordinary programs use is allowed. What administers a kernel is allowed with the
 * capability that the kernel itself asks for. Beyond that:
 *
 * <ul>
 *   <li>{@code clone} must not make namespaces, and {@code clone3}, whose flags a filter cannot
 *       see, does not exist (C libraries then use {@code clone}), unless with CAP_SYS_ADMIN;
 *   <li>{@code unshare} may ask for CLONE_FS alone, a directory of its own for a thread: the server
 *       of virtiofs needs that for each of its threads, and the kernel asks for no capability;
 *   <li>{@code personality} may name the usual Linux ones alone, none that switches off address
 *       randomisation;
 *   <li>sockets are of the families unix, inet, inet6, netlink, packet and CAN: AF_VSOCK would
 *       reach past the network namespace, others such as AF_ALG are little used and have had holes.
 *       {@code socketcall}, which would hide the family, is missing for that reason: 32-bit x86
 *       programs of C libraries that know no other way cannot use sockets;
 *   <li>io_uring, userfaultfd, keyrings, and 16-bit and obsolete calls are missing.
 * </ul>
 */
final class SeccompProfile {

  private static final String ALLOW = "SCMP_ACT_ALLOW";
  private static final String FAIL = "SCMP_ACT_ERRNO";
  private static final long EPERM = 1;

  private static final Source SOURCE = load();

  private SeccompProfile() {}

  /**
   * The data of the resource.
   *
   * @param architectures libseccomp's names by Go's name of an architecture, the first its own
   * @param allow always
   * @param allowOn by Go's name of an architecture
   * @param allowWith by the capability that must be granted
   */
  private record Source(
      SortedMap<String, List<String>> architectures,
      List<String> allow,
      SortedMap<String, List<String>> allowOn,
      SortedMap<String, List<String>> allowWith,
      List<Condition> conditions) {}

  /**
   * Calls with a condition.
   *
   * @param unless a capability with which the condition does not hold
   * @param index of the argument that is looked at
   * @param op libseccomp's comparison
   * @param values the call is allowed for each of these; of a masked comparison, the bits that must
   *     all be zero
   * @param errno the call always fails with this
   */
  private record Condition(
      List<String> names,
      @Nullable String unless,
      int index,
      @Nullable String op,
      @Nullable List<BigInteger> values,
      @Nullable Long errno) {}

  /**
   * The profile of a task.
   *
   * @param architecture of the node in Go's words
   * @param capabilities all that the task can ever have
   * @throws TaskException with code {@code ARCHITECTURE_UNSUPPORTED}
   */
  static Seccomp of(String architecture, SortedSet<String> capabilities) {
    List<String> architectures = SOURCE.architectures().get(architecture);
    if (architectures == null) {
      throw TaskException.failed(
          Problem.host(
              "ARCHITECTURE_UNSUPPORTED",
              "there is no seccomp profile for nodes of architecture "
                  + architecture
                  + ", only for "
                  + String.join(", ", SOURCE.architectures().keySet())));
    }
    SortedSet<String> allowed = new TreeSet<>(SOURCE.allow());
    allowed.addAll(SOURCE.allowOn().getOrDefault(architecture, List.of()));
    for (String capability : capabilities) {
      allowed.addAll(SOURCE.allowWith().getOrDefault(capability, List.of()));
    }
    List<Syscalls> rules = new ArrayList<>();
    rules.add(rule(List.copyOf(allowed), ALLOW, null, List.of()));
    for (Condition condition : SOURCE.conditions()) {
      if (condition.unless() == null || !capabilities.contains(condition.unless())) {
        addRules(condition, rules);
      }
    }
    return new Seccomp(FAIL, EPERM, architectures, rules, Map.of());
  }

  private static void addRules(Condition condition, List<Syscalls> rules) {
    if (condition.errno() != null) {
      rules.add(rule(condition.names(), FAIL, condition.errno(), List.of()));
    }
    List<BigInteger> values = condition.values() == null ? List.of() : condition.values();
    for (BigInteger value : values) {
      SyscallArg argument =
          new SyscallArg(condition.index(), value, null, condition.op(), Map.of());
      rules.add(rule(condition.names(), ALLOW, null, List.of(argument)));
    }
  }

  private static Syscalls rule(
      List<String> names, String action, @Nullable Long errno, List<SyscallArg> arguments) {
    return new Syscalls(names, action, errno, arguments, Map.of());
  }

  private static Source load() {
    try (InputStream resource = SeccompProfile.class.getResourceAsStream("seccomp.json")) {
      if (resource == null) {
        throw new IllegalStateException("seccomp.json is missing from this program");
      }
      return SpecJson.read(new String(resource.readAllBytes(), UTF_8), Source.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
