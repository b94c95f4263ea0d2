package org.lfedge.eve.tasks.spi.task;

/** What the workload asks for, without the anchor tax. */
public interface Resources {

  /** At least 1. */
  long memoryBytes();

  /** Thousandths of a CPU, at least 1. */
  int milliCpus();
}
