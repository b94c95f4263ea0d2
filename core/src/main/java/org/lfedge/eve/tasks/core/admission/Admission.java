package org.lfedge.eve.tasks.core.admission;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;
import org.lfedge.eve.tasks.spi.seed.Pool;

/**
 * Checks a task against the node before anything is made for it. Memory is never promised twice:
 * the limits of all tasks together stay within what the node has after its reserve, and what a
 * hypervisor is to give stays within what it has free. CPU is shared by weight under load, so no
 * more is asked than that a task's own wish fits the node.
 */
public final class Admission {

  /**
   * The smallest memory limit of a task, as Docker has it. runc itself takes 2 MiB and more of it
   * until it has started the program; with less it fails with an error that says nothing to users.
   */
  public static final long MIN_LIMIT_BYTES = 6L << 20;

  /** So that a refusal stays one line on a node with a thousand tasks. */
  private static final int NAMED_HOLDERS = 5;

  private Admission() {}

  /**
   * What the node has.
   *
   * @param memoryBytes all of its memory
   * @param reserveBytes kept for the node itself: kernel, containerd, this daemon
   * @param milliCpus thousandths of a CPU, 1000 for each that is online
   */
  public record Node(long memoryBytes, long reserveBytes, int milliCpus) {

    /** What tasks may have in all. */
    public long forTasks() {
      return Math.max(0, memoryBytes - reserveBytes);
    }
  }

  /**
   * What a hypervisor has for one task, in bytes.
   *
   * @param freeBytes that nobody has at the moment; what a guest of the task itself has counts as
   *     free
   * @param promisedBytes of that, to other tasks whose guests are not there at the moment
   */
  public record HypervisorRoom(long freeBytes, long promisedBytes) {

    /** What the task may take. */
    public long leftBytes() {
      return Math.max(0, freeBytes - promisedBytes);
    }
  }

  /**
   * Refuses a task that the node has no room for.
   *
   * @param charge of the task
   * @param node what there is
   * @param others the charges of all other tasks on record, running or not, so that a stopped task
   *     can always be started again
   * @param room what a hypervisor has for the task; empty on a node without one
   * @throws TaskException with every reason: {@code MEMORY_BELOW_MINIMUM}, {@code
   *     MEMORY_BEYOND_NODE}, {@code MEMORY_NOT_FREE}, {@code CPUS_BEYOND_NODE}, {@code
   *     HYPERVISOR_MEMORY_NOT_FREE}
   */
  public static void check(
      TaskCharge charge, Node node, List<TaskCharge> others, Optional<HypervisorRoom> room) {
    List<Problem> problems = new ArrayList<>();
    checkMemory(charge, node, others).ifPresent(problems::add);
    checkCpus(charge, node).ifPresent(problems::add);
    checkHypervisor(charge, others, room).ifPresent(problems::add);
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
  }

  private static Optional<Problem> checkMemory(
      TaskCharge charge, Node node, List<TaskCharge> others) {
    long limit = charge.limitBytes();
    if (limit < MIN_LIMIT_BYTES) {
      return Optional.of(
          inCgroup(
              "MEMORY_BELOW_MINIMUM",
              charge,
              "a task cannot start with less than "
                  + mebibytes(MIN_LIMIT_BYTES)
                  + (charge.pool() == Pool.CGROUP
                      ? "; ask for more"
                      : " for its anchor, beside what a hypervisor gives it; set more")));
    }
    if (limit > node.forTasks()) {
      return Optional.of(
          inCgroup(
              "MEMORY_BEYOND_NODE",
              charge,
              needs(charge)
                  + ", and this node has "
                  + mebibytes(node.forTasks())
                  + " for tasks ("
                  + mebibytes(node.memoryBytes())
                  + " less a reserve of "
                  + mebibytes(node.reserveBytes())
                  + "); "
                  + (charge.pool() == Pool.CGROUP
                      ? "ask for less"
                      : "set less, if its anchor takes less")));
    }
    long held = total(others, TaskCharge::limitBytes);
    if (sum(held, limit) > node.forTasks()) {
      return Optional.of(
          inCgroup(
              "MEMORY_NOT_FREE",
              charge,
              needs(charge)
                  + ", and of this node's "
                  + mebibytes(node.forTasks())
                  + " for tasks "
                  + mebibytes(Math.max(0, node.forTasks() - held))
                  + " are free"
                  + holders(others, TaskCharge::limitBytes)
                  + "; "
                  + (charge.pool() == Pool.CGROUP ? "ask for less or delete" : "delete")
                  + " a task"));
    }
    return Optional.empty();
  }

  private static Optional<Problem> checkCpus(TaskCharge charge, Node node) {
    if (charge.askedMilliCpus() <= node.milliCpus()) {
      return Optional.empty();
    }
    return Optional.of(
        Problem.inDocument(
            "CPUS_BEYOND_NODE",
            "resources.cpus",
            cpus(charge.askedMilliCpus()),
            "this node has " + cpus(node.milliCpus()) + " CPUs; ask for no more than that"));
  }

  private static Optional<Problem> checkHypervisor(
      TaskCharge charge, List<TaskCharge> others, Optional<HypervisorRoom> room) {
    long wanted = charge.hypervisorBytes();
    if (wanted <= room.map(HypervisorRoom::leftBytes).orElse(0L)) {
      return Optional.empty();
    }
    String takes =
        "task "
            + charge.task()
            + " takes "
            + mebibytes(wanted)
            + " from a hypervisor ("
            + (charge.pool() == Pool.HYPERVISOR ? mebibytes(charge.askedBytes()) + " asked, " : "")
            + mebibytes(charge.hypervisorTaxBytes())
            + " tax), ";
    return Optional.of(
        Problem.inDocument(
            "HYPERVISOR_MEMORY_NOT_FREE",
            "resources.memory",
            mebibytes(charge.askedBytes()),
            takes
                + room.map(there -> lacks(there, others))
                    .orElse("and this node runs under none; use an executor that needs none")));
  }

  private static String lacks(HypervisorRoom room, List<TaskCharge> others) {
    return "which has "
        + mebibytes(room.freeBytes())
        + " free"
        + (room.promisedBytes() == 0
            ? ""
            : ", "
                + mebibytes(room.promisedBytes())
                + " of that promised to tasks that do not run now")
        + holders(others, TaskCharge::hypervisorBytes)
        + "; ask for less or delete a task";
  }

  /** Of the part in the cgroup, which is asked for or set by the operator. */
  private static Problem inCgroup(String code, TaskCharge charge, String message) {
    return charge.pool() == Pool.CGROUP
        ? Problem.inDocument(code, "resources.memory", mebibytes(charge.askedBytes()), message)
        : Problem.inDocument(code, "resources.tax.memory", mebibytes(charge.taxBytes()), message);
  }

  private static String needs(TaskCharge charge) {
    return "task "
        + charge.task()
        + " needs "
        + mebibytes(charge.limitBytes())
        + (charge.pool() == Pool.CGROUP
            ? " ("
                + mebibytes(charge.askedBytes())
                + " asked, "
                + mebibytes(charge.taxBytes())
                + " tax)"
            : " (tax alone; what it asks for is taken from a hypervisor)");
  }

  /** Those who hold most, by name, and how much the others hold together. */
  private static String holders(List<TaskCharge> others, ToLongFunction<TaskCharge> amount) {
    List<TaskCharge> sorted =
        others.stream()
            .filter(other -> amount.applyAsLong(other) > 0)
            .sorted(Comparator.comparingLong(amount).reversed().thenComparing(TaskCharge::task))
            .toList();
    List<TaskCharge> most = sorted.subList(0, Math.min(NAMED_HOLDERS, sorted.size()));
    List<TaskCharge> rest = sorted.subList(most.size(), sorted.size());
    StringBuilder text = new StringBuilder();
    for (TaskCharge holder : most) {
      text.append(text.isEmpty() ? "; held by " : ", ")
          .append(holder.task())
          .append(' ')
          .append(mebibytes(amount.applyAsLong(holder)));
    }
    if (!rest.isEmpty()) {
      text.append(" and ")
          .append(rest.size())
          .append(rest.size() == 1 ? " other task " : " other tasks ")
          .append(mebibytes(total(rest, amount)));
    }
    return text.toString();
  }

  /** A sum over tasks; the largest long if it is beyond that. */
  public static long total(List<TaskCharge> tasks, ToLongFunction<TaskCharge> amount) {
    return tasks.stream().mapToLong(amount).reduce(0, Admission::sum);
  }

  /** A sum that stays at the largest long rather than turn negative. */
  public static long sum(long left, long right) {
    long sum = left + right;
    return sum < 0 ? Long.MAX_VALUE : sum;
  }

  private static String mebibytes(long bytes) {
    return bytes % (1 << 20) == 0 || bytes > 10L << 20 ? (bytes >> 20) + " MiB" : bytes + " bytes";
  }

  private static String cpus(int milliCpus) {
    return BigDecimal.valueOf(milliCpus, 3).stripTrailingZeros().toPlainString();
  }
}
