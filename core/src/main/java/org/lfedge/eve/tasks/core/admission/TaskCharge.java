package org.lfedge.eve.tasks.core.admission;

import java.util.OptionalLong;
import org.lfedge.eve.tasks.spi.seed.AnchorTax;
import org.lfedge.eve.tasks.spi.seed.Pool;
import org.lfedge.eve.tasks.spi.seed.Seed;

/**
 * What a task takes from the node and from the hypervisor below it: what its workload asked for,
 * plus the anchor tax.
 *
 * @param task its name
 * @param pool where the memory that was asked for is taken from
 * @param askedBytes memory that its document asks for, at least 1
 * @param askedMilliCpus thousandths of a CPU that its document asks for, at least 1
 * @param taxBytes memory on top, in the task's cgroup, at least 0
 * @param taxMilliCpus thousandths of a CPU on top, at least 0
 * @param hypervisorTaxBytes memory on top, taken from a hypervisor, at least 0
 */
public record TaskCharge(
    String task,
    Pool pool,
    long askedBytes,
    int askedMilliCpus,
    long taxBytes,
    int taxMilliCpus,
    long hypervisorTaxBytes) {

  /** Refuses negative amounts and a workload that asks for nothing. */
  public TaskCharge {
    if (askedBytes < 1 || askedMilliCpus < 1) {
      throw new IllegalArgumentException("a task needs memory and CPU: " + task);
    }
    if (taxBytes < 0 || taxMilliCpus < 0 || hypervisorTaxBytes < 0) {
      throw new IllegalArgumentException("a tax must not be negative: " + task);
    }
  }

  /**
   * The charge of a task whose seed is not made yet: what it asks for is taken from its cgroup, and
   * nothing comes on top.
   */
  public static TaskCharge unseeded(
      String task, long askedBytes, int askedMilliCpus, OptionalLong override) {
    return new TaskCharge(task, Pool.CGROUP, askedBytes, askedMilliCpus, override.orElse(0), 0, 0);
  }

  /**
   * The charge of a task with the tax that its seed states, from the pool that it names.
   *
   * @param override the operator's {@code resources.tax.memory}: stands in for the sum of the
   *     seed's parts in the cgroup; parts in other pools stay
   */
  public static TaskCharge of(
      String task, long askedBytes, int askedMilliCpus, Seed seed, OptionalLong override) {
    AnchorTax tax = seed.tax();
    return new TaskCharge(
        task,
        seed.memory(),
        askedBytes,
        askedMilliCpus,
        override.orElse(tax.bytes(Pool.CGROUP)),
        tax.milliCpus(),
        tax.bytes(Pool.HYPERVISOR));
  }

  /** The memory limit of the cgroup; the largest long if the sum is beyond that. */
  public long limitBytes() {
    return pool == Pool.CGROUP ? Admission.sum(askedBytes, taxBytes) : taxBytes;
  }

  /** What it takes from a hypervisor; the largest long if the sum is beyond that. */
  public long hypervisorBytes() {
    return pool == Pool.HYPERVISOR
        ? Admission.sum(askedBytes, hypervisorTaxBytes)
        : hypervisorTaxBytes;
  }

  /** The CPU limit of the cgroup; the largest int if the sum is beyond that. */
  public int milliCpus() {
    return (int) Math.min(Integer.MAX_VALUE, (long) askedMilliCpus + taxMilliCpus);
  }
}
