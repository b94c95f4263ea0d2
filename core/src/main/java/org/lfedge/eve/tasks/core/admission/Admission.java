package org.lfedge.eve.tasks.core.admission;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.lfedge.eve.tasks.core.error.Problem;
import org.lfedge.eve.tasks.core.error.TaskException;

/**
 * Checks a task against the node before anything is made for it. Memory is never promised twice:
 * the limits of all tasks together stay within what the node has after its reserve. CPU is shared
 * by weight under load, so no more is asked than that a task's own wish fits the node.
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
   * @param hypervisorBytes memory that a hypervisor keeps from the node and has free; 0 without one
   */
  public record Node(long memoryBytes, long reserveBytes, int milliCpus, long hypervisorBytes) {

    /** What tasks may have in all. */
    public long forTasks() {
      return Math.max(0, memoryBytes - reserveBytes);
    }
  }

  /**
   * Refuses a task that the node has no room for.
   *
   * @param charge of the task
   * @param node what there is
   * @param others the charges of all other tasks on record, running or not, so that a stopped task
   *     can always be started again
   * @throws TaskException with every reason: {@code MEMORY_BELOW_MINIMUM}, {@code
   *     MEMORY_BEYOND_NODE}, {@code MEMORY_NOT_FREE}, {@code CPUS_BEYOND_NODE}, {@code
   *     HYPERVISOR_MEMORY_NOT_FREE}
   */
  public static void check(TaskCharge charge, Node node, List<TaskCharge> others) {
    List<Problem> problems = new ArrayList<>();
    checkMemory(charge, node, others).ifPresent(problems::add);
    checkCpus(charge, node).ifPresent(problems::add);
    checkHypervisor(charge, node, others).ifPresent(problems::add);
    if (!problems.isEmpty()) {
      throw TaskException.failed(problems);
    }
  }

  private static Optional<Problem> checkMemory(
      TaskCharge charge, Node node, List<TaskCharge> others) {
    long limit = charge.limitBytes();
    if (limit < MIN_LIMIT_BYTES) {
      return Optional.of(
          memory(
              "MEMORY_BELOW_MINIMUM",
              charge,
              "a task cannot start with less than "
                  + mebibytes(MIN_LIMIT_BYTES)
                  + "; ask for more"));
    }
    if (limit > node.forTasks()) {
      return Optional.of(
          memory(
              "MEMORY_BEYOND_NODE",
              charge,
              needs(charge)
                  + ", and this node has "
                  + mebibytes(node.forTasks())
                  + " for tasks ("
                  + mebibytes(node.memoryBytes())
                  + " less a reserve of "
                  + mebibytes(node.reserveBytes())
                  + "); ask for less"));
    }
    long held = held(others);
    if (sum(held, limit) > node.forTasks()) {
      return Optional.of(
          memory(
              "MEMORY_NOT_FREE",
              charge,
              needs(charge)
                  + ", and of this node's "
                  + mebibytes(node.forTasks())
                  + " for tasks "
                  + mebibytes(Math.max(0, node.forTasks() - held))
                  + " are free"
                  + holders(others)
                  + "; ask for less or delete a task"));
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
      TaskCharge charge, Node node, List<TaskCharge> others) {
    long held = others.stream().mapToLong(TaskCharge::hypervisorBytes).reduce(0, Admission::sum);
    if (charge.hypervisorBytes() == 0
        || sum(held, charge.hypervisorBytes()) <= node.hypervisorBytes()) {
      return Optional.empty();
    }
    return Optional.of(
        memory(
            "HYPERVISOR_MEMORY_NOT_FREE",
            charge,
            "task "
                + charge.task()
                + " takes "
                + mebibytes(charge.hypervisorBytes())
                + " from a hypervisor, "
                + (node.hypervisorBytes() == 0
                    ? "and this node runs under none; use an executor that needs none"
                    : "which has "
                        + mebibytes(Math.max(0, node.hypervisorBytes() - held))
                        + " free; ask for less or delete a task")));
  }

  private static Problem memory(String code, TaskCharge charge, String message) {
    return Problem.inDocument(code, "resources.memory", mebibytes(charge.askedBytes()), message);
  }

  private static String needs(TaskCharge charge) {
    return "task "
        + charge.task()
        + " needs "
        + mebibytes(charge.limitBytes())
        + " ("
        + mebibytes(charge.askedBytes())
        + " asked, "
        + mebibytes(charge.taxBytes())
        + " tax)";
  }

  /** Those who hold most, by name, and how much the others hold together. */
  private static String holders(List<TaskCharge> others) {
    List<TaskCharge> sorted =
        others.stream()
            .sorted(
                Comparator.comparingLong(TaskCharge::limitBytes)
                    .reversed()
                    .thenComparing(TaskCharge::task))
            .toList();
    List<TaskCharge> most = sorted.subList(0, Math.min(NAMED_HOLDERS, sorted.size()));
    List<TaskCharge> rest = sorted.subList(most.size(), sorted.size());
    StringBuilder text = new StringBuilder();
    for (TaskCharge holder : most) {
      text.append(text.isEmpty() ? "; held by " : ", ")
          .append(holder.task())
          .append(' ')
          .append(mebibytes(holder.limitBytes()));
    }
    if (!rest.isEmpty()) {
      text.append(" and ")
          .append(rest.size())
          .append(rest.size() == 1 ? " other task " : " other tasks ")
          .append(mebibytes(held(rest)));
    }
    return text.toString();
  }

  private static long held(List<TaskCharge> tasks) {
    return tasks.stream().mapToLong(TaskCharge::limitBytes).reduce(0, Admission::sum);
  }

  /** A sum that stays at the largest long rather than turn negative. */
  static long sum(long left, long right) {
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
